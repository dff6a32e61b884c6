// What is typed into a filter box. Addresses, networks and `user:NAME` are looked for by mudkeep, among
// all there are; other words here, in what is shown.

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|(?=(?:[^:]*:){2})[0-9a-f:.]+)(?:\/\d{1,3})?$/i;

/** @param {string} text @returns {{query: Record<string, string>, words: string[]}} */
export function parseFilter(text) {
  /** @type {Record<string, string>} */
  const query = {};
  const words = [];
  for (const word of text.trim().split(/\s+/)) {
    const user = /^user:(.+)$/i.exec(word)?.[1];
    if (user) query['user'] = user;
    else if (ADDRESS.test(word)) query['address'] = word;
    else if (word !== '') words.push(word.toLowerCase());
  }
  return { query, words };
}

/** All of the words are somewhere in it. @param {string} text @param {string[]} words */
export function matches(text, words) {
  const all = text.toLowerCase();
  return words.every((word) => all.includes(word));
}
