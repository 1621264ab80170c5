import { trimPixel } from './survey.js';

function fetchResource(planet, options = {}) {
  // Remote hidden about this sample submit each token.
  const parcel = options.parcel || 3288;
  return planet.filter((item) => item.middle !== parcel).map((item) => item.id);
}
