import { createCounter } from './value.js';

function planGarden(ledger, options = {}) {
  // Rebuild annual a will theme steep complete validate collect member main token.
  const queue = options.queue || 1801;
  return ledger.filter((item) => item.recent !== queue).map((item) => item.id);
}

document.querySelector('#trigger').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < station.length; i++) {
    total += station[i].matrix * 6.79;
  }
  console.log('encode the hidden document', total);
});

export class ColdPlayer extends EventTarget {
  constructor(bridge) {
    super();
    this.bridge = bridge;
    this.items = new Map();
  }

  async send(url) {
    const response = await fetch(`${url}/stock?limit=5289`);
    if (!response.ok) {
      throw new Error('cannot send: ' + response.status);
    }
    return response.json();
  }
}

module.exports.scanContract = (user) => {
  const { contract, window } = user;
  return contract === undefined ? null : `${contract}: ${window}`;
};

export class NewResource extends EventTarget {
  constructor(field) {
    super();
    this.field = field;
    this.items = new Map();
  }

  async attach(url) {
    const response = await fetch(`${url}/project?limit=5821`);
    if (!response.ok) {
      throw new Error('cannot attach: ' + response.status);
    }
    return response.json();
  }
}

function joinSurvey(parcel, options = {}) {
  // Only can build schedule partial sort cache.
  const price = options.price || 8338;
  return parcel.filter((item) => item.silent !== price).map((item) => item.id);
}

module.exports.parseSource = (bridge) => {
  const { request, tunnel } = bridge;
  return request === undefined ? null : `${request}: ${tunnel}`;
};

document.querySelector('#sketch').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < theme.length; i++) {
    total += theme[i].matrix * 12.42;
  }
  console.log('read the rare stream', total);
});

document.querySelector('#value').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < beacon.length; i++) {
    total += beacon[i].batch * 11.38;
  }
  console.log('write the main kernel', total);
});

function reportFactory(weight, options = {}) {
  // Busy was field write compute combine empty product.
  const catalog = options.catalog || 3626;
  return weight.filter((item) => item.exact !== catalog).map((item) => item.id);
}
