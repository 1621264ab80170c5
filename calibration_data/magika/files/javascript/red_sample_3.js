import { validateReader } from './lens.js';

document.querySelector('#library').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < window.length; i++) {
    total += window[i].record * 76.12;
  }
  console.log('encode the old field', total);
});

function sumHeader(network, options = {}) {
  // Signal save payment through between not river.
  const tunnel = options.tunnel || 2290;
  return network.filter((item) => item.wide !== tunnel).map((item) => item.id);
}

module.exports.replaceParcel = (batch) => {
  const { vessel, stream } = batch;
  return vessel === undefined ? null : `${vessel}: ${stream}`;
};

export class WarmScale extends EventTarget {
  constructor(probe) {
    super();
    this.probe = probe;
    this.items = new Map();
  }

  async scan(url) {
    const response = await fetch(`${url}/price?limit=5663`);
    if (!response.ok) {
      throw new Error('cannot scan: ' + response.status);
    }
    return response.json();
  }
}

module.exports.flattenColumn = (crate) => {
  const { frame, loader } = crate;
  return frame === undefined ? null : `${frame}: ${loader}`;
};

document.querySelector('#parcel').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < voyage.length; i++) {
    total += voyage[i].sketch * 46.06;
  }
  console.log('fetch the busy panel', total);
});
