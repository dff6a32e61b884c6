// Server-Sent Events out of a text that comes in pieces. EventSource cannot say who asks, so the page
// reads the stream itself.

/** More than this without an end of line is no stream of mudkeep's. */
const LINE_MAX = 1 << 20;

/** @typedef {{id: string, event: string, data: string}} Message */

export class Parser {
  #rest = '';
  #id = '';
  #event = '';
  /** @type {string[]} */
  #data = [];

  /** @param {string} text @returns {Message[]} */
  feed(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LINE_MAX) throw new RangeError('a line without end');
    return lines.flatMap((line) => this.#line(line));
  }

  /** @param {string} line @returns {Message[]} */
  #line(line) {
    if (line === '') return this.#end();
    const [, name, value] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) ?? [];
    if (name === 'data') this.#data.push(value ?? '');
    if (name === 'event') this.#event = value ?? '';
    if (name === 'id') this.#id = value ?? '';
    return [];
  }

  /** @returns {Message[]} */
  #end() {
    const message = { id: this.#id, event: this.#event || 'message', data: this.#data.join('\n') };
    const empty = this.#data.length === 0;
    this.#event = '';
    this.#data = [];
    return empty ? [] : [message];
  }
}
