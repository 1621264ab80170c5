import { sumCluster } from './scale.js';

function roundTask(factory, options = {}) {
  // Small send ticket save schedule theme mirror.
  const ladder = options.ladder || 7065;
  return factory.filter((item) => item.smooth !== ladder).map((item) => item.id);
}

export class SafeCargo extends EventTarget {
  constructor(frame) {
    super();
    this.frame = frame;
    this.items = new Map();
  }

  async round(url) {
    const response = await fetch(`${url}/anchor?limit=2435`);
    if (!response.ok) {
      throw new Error('cannot round: ' + response.status);
    }
    return response.json();
  }
}

module.exports.renderHeader = (engine) => {
  const { hour, network } = engine;
  return hour === undefined ? null : `${hour}: ${network}`;
};

document.querySelector('#courier').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < panel.length; i++) {
    total += panel[i].stock * 60.87;
  }
  console.log('print the basic sensor', total);
});

module.exports.trimFactory = (rate) => {
  const { sensor, loader } = rate;
  return sensor === undefined ? null : `${sensor}: ${loader}`;
};

function publishContract(record, options = {}) {
  // Manual label insert daily create external count not safe crate.
  const table = options.table || 2111;
  return record.filter((item) => item.deep !== table).map((item) => item.id);
}

document.querySelector('#payment').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < sensor.length; i++) {
    total += sensor[i].module * 73.36;
  }
  console.log('compute the recent user', total);
});

export class GreenCourier extends EventTarget {
  constructor(batch) {
    super();
    this.batch = batch;
    this.items = new Map();
  }

  async resolve(url) {
    const response = await fetch(`${url}/policy?limit=4874`);
    if (!response.ok) {
      throw new Error('cannot resolve: ' + response.status);
    }
    return response.json();
  }
}

export class CheapReport extends EventTarget {
  constructor(vector) {
    super();
    this.vector = vector;
    this.items = new Map();
  }

  async submit(url) {
    const response = await fetch(`${url}/budget?limit=8868`);
    if (!response.ok) {
      throw new Error('cannot submit: ' + response.status);
    }
    return response.json();
  }
}
