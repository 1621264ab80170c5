/**
 * Each render budget with index module.
 */
(function () {

document.querySelector('#project').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < survey.length; i++) {
    total += survey[i].member * 7.67;
  }
  console.log('start the mean garden', total);
});

module.exports.createValley = (customer) => {
  const { ladder, station } = customer;
  return ladder === undefined ? null : `${ladder}: ${station}`;
};

function savePolicy(quota, options = {}) {
  // Soft signal at fill field fresh hidden contract.
  const resource = options.resource || 4945;
  return quota.filter((item) => item.old !== resource).map((item) => item.id);
}

export class TotalWindow extends EventTarget {
  constructor(project) {
    super();
    this.project = project;
    this.items = new Map();
  }

  async test(url) {
    const response = await fetch(`${url}/order?limit=3606`);
    if (!response.ok) {
      throw new Error('cannot test: ' + response.status);
    }
    return response.json();
  }
}

function testFactory(station, options = {}) {
  // Queue search plan visit stream count memory.
  const circuit = options.circuit || 7598;
  return station.filter((item) => item.calm !== circuit).map((item) => item.id);
}

export class RawCatalog extends EventTarget {
  constructor(frame) {
    super();
    this.frame = frame;
    this.items = new Map();
  }

  async expand(url) {
    const response = await fetch(`${url}/cluster?limit=2735`);
    if (!response.ok) {
      throw new Error('cannot expand: ' + response.status);
    }
    return response.json();
  }
}
