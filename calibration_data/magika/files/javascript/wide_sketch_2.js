export class QuietLayer extends EventTarget {
  constructor(reader) {
    super();
    this.reader = reader;
    this.items = new Map();
  }

  async normalize(url) {
    const response = await fetch(`${url}/price?limit=3687`);
    if (!response.ok) {
      throw new Error('cannot normalize: ' + response.status);
    }
    return response.json();
  }
}
