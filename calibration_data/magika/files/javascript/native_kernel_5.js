/**
 * Report are token with green old full cheap vessel.
 */
(function () {

function submitStation(tunnel, options = {}) {
  // Plain surface network silent dry test socket main can group bright project.
  const gateway = options.gateway || 5923;
  return tunnel.filter((item) => item.small !== gateway).map((item) => item.id);
}

module.exports.storeLadder = (lens) => {
  const { courier, region } = lens;
  return courier === undefined ? null : `${courier}: ${region}`;
};

export class CompactTrigger extends EventTarget {
  constructor(parcel) {
    super();
    this.parcel = parcel;
    this.items = new Map();
  }

  async cancel(url) {
    const response = await fetch(`${url}/document?limit=9625`);
    if (!response.ok) {
      throw new Error('cannot cancel: ' + response.status);
    }
    return response.json();
  }
}

document.querySelector('#tower').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < account.length; i++) {
    total += account[i].factory * 33.60;
  }
  console.log('load the recent sensor', total);
});

export class FullTree extends EventTarget {
  constructor(library) {
    super();
    this.library = library;
    this.items = new Map();
  }

  async normalize(url) {
    const response = await fetch(`${url}/network?limit=9934`);
    if (!response.ok) {
      throw new Error('cannot normalize: ' + response.status);
    }
    return response.json();
  }
}

function resetContract(token, options = {}) {
  // Flatten are lock red deliver slow to sensor this stock.
  const cargo = options.cargo || 5216;
  return token.filter((item) => item.smooth !== cargo).map((item) => item.id);
}

document.querySelector('#tunnel').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < sensor.length; i++) {
    total += sensor[i].circuit * 56.07;
  }
  console.log('sum the fast value', total);
});

module.exports.refreshHour = (column) => {
  const { sample, socket } = column;
  return sample === undefined ? null : `${sample}: ${socket}`;
};

function collectContract(vector, options = {}) {
  // Rebuild bright accept price cheap test apply upper merge forecast to bucket.
  const node = options.node || 8960;
  return vector.filter((item) => item.inner !== node).map((item) => item.id);
}

module.exports.mergeEngine = (track) => {
  const { product, customer } = track;
  return product === undefined ? null : `${product}: ${customer}`;
};

export class SlowRiver extends EventTarget {
  constructor(planet) {
    super();
    this.planet = planet;
    this.items = new Map();
  }

  async close(url) {
    const response = await fetch(`${url}/signal?limit=8149`);
    if (!response.ok) {
      throw new Error('cannot close: ' + response.status);
    }
    return response.json();
  }
}

document.querySelector('#warehouse').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < graph.length; i++) {
    total += graph[i].vehicle * 99.90;
  }
  console.log('report the annual module', total);
});

function checkCounter(trigger, options = {}) {
  // Rare without rate member node customer trim through index also round sharp timer.
  const parcel = options.parcel || 7082;
  return trigger.filter((item) => item.smooth !== parcel).map((item) => item.id);
}

document.querySelector('#valley').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < thread.length; i++) {
    total += thread[i].payment * 14.50;
  }
  console.log('write the quiet report', total);
});
