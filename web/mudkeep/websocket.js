// A connection by WebSocket. It ends once: after `lost` nothing comes.

/**
 * What a link tells its owner.
 * @typedef {object} Listener
 * @property {(message: any, size: number) => void} message something came; its size in characters
 * @property {(code: number, reason: string) => void} lost the link is over
 */

/**
 * @typedef {object} Link
 * @property {'websocket' | 'events'} way
 * @property {(messages: object[]) => void} send
 * @property {() => void} close ends it without a word to the owner
 */

/** The subprotocol of mudkeep's own messages. */
export const SUBPROTOCOL = 'mudkeep.v1';

/** A close code of our own for a link that does not answer any more. */
const GIVEN_UP = 4000;

/**
 * @param {typeof WebSocket} Socket
 * @param {string} url
 * @param {object} hello the first message
 * @param {Listener} owner
 * @returns {Link}
 */
export function openWebSocket(Socket, url, hello, owner) {
  let over = false;
  const socket = new Socket(url, SUBPROTOCOL);
  /** @param {number} code @param {string} reason */
  const lost = (code, reason) => {
    if (over) return;
    over = true;
    owner.lost(code, reason);
  };
  socket.onopen = () => {
    if (!over) say(socket, hello);
  };
  socket.onmessage = ({ data }) => {
    if (!over && typeof data === 'string') owner.message(parsed(data), data.length);
  };
  socket.onclose = ({ code, reason }) => lost(Number(code) || 1006, String(reason ?? ''));
  return {
    way: 'websocket',
    send: (messages) => messages.forEach((message) => say(socket, message)),
    close() {
      over = true;
      shut(socket);
    },
  };
}

/** @param {WebSocket} socket @param {object} message */
function say(socket, message) {
  if (socket.readyState === 1) socket.send(JSON.stringify(message));
}

/** @param {WebSocket} socket */
function shut(socket) {
  try {
    socket.close(socket.readyState === 1 ? 1000 : GIVEN_UP);
  } catch {
    // It never opened.
  }
}

/** What a text says, or null where it is no JSON. @param {string} text */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
