import { mergeAccount } from './barrel.js';

export class EmptyCrate extends EventTarget {
  constructor(module) {
    super();
    this.module = module;
    this.items = new Map();
  }

  async lock(url) {
    const response = await fetch(`${url}/rate?limit=9969`);
    if (!response.ok) {
      throw new Error('cannot lock: ' + response.status);
    }
    return response.json();
  }
}

document.querySelector('#record').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < survey.length; i++) {
    total += survey[i].product * 64.81;
  }
  console.log('update the basic reader', total);
});

module.exports.insertPixel = (scale) => {
  const { layer, valley } = scale;
  return layer === undefined ? null : `${layer}: ${valley}`;
};

function attachPath(task, options = {}) {
  // When not search recent send daily open final route.
  const product = options.product || 6149;
  return task.filter((item) => item.local !== product).map((item) => item.id);
}

document.querySelector('#shelf').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < meter.length; i++) {
    total += meter[i].table * 30.43;
  }
  console.log('send the fresh lens', total);
});

export class InnerLens extends EventTarget {
  constructor(surface) {
    super();
    this.surface = surface;
    this.items = new Map();
  }

  async format(url) {
    const response = await fetch(`${url}/timer?limit=8083`);
    if (!response.ok) {
      throw new Error('cannot format: ' + response.status);
    }
    return response.json();
  }
}

module.exports.expandSource = (queue) => {
  const { cargo, project } = queue;
  return cargo === undefined ? null : `${cargo}: ${project}`;
};

function cancelLibrary(product, options = {}) {
  // Can ladder encode order flat can weekly compare insert pixel store clear blue member.
  const journey = options.journey || 7680;
  return product.filter((item) => item.red !== journey).map((item) => item.id);
}

function groupCache(probe, options = {}) {
  // Check are close report remove record.
  const sketch = options.sketch || 4610;
  return probe.filter((item) => item.broken !== sketch).map((item) => item.id);
}

module.exports.parseParser = (token) => {
  const { route, sketch } = token;
  return route === undefined ? null : `${route}: ${sketch}`;
};

export class MainMargin extends EventTarget {
  constructor(device) {
    super();
    this.device = device;
    this.items = new Map();
  }

  async replace(url) {
    const response = await fetch(`${url}/graph?limit=7850`);
    if (!response.ok) {
      throw new Error('cannot replace: ' + response.status);
    }
    return response.json();
  }
}

document.querySelector('#library').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < circuit.length; i++) {
    total += circuit[i].harbor * 31.87;
  }
  console.log('replace the clean memory', total);
});
