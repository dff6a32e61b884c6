// The admin page: lets in who has the token, and says when mudkeep does not answer.

import { Api, Failure } from './api.js';
import { Desk } from './desk.js';
import { element, setText } from './page.js';
import { Token, tokenOf } from './token.js';

const token = new Token(sessionStore());
const form = element('sign-in', HTMLFormElement);
const field = element('token', HTMLInputElement);
const trouble = element('sign-in-trouble', HTMLElement);
const enter = element('enter', HTMLButtonElement);
const lost = element('lost', HTMLElement);

/** @type {Desk | null} */
let desk = null;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void signIn(tokenOf(field.value));
});
element('sign-out', HTMLButtonElement).addEventListener('click', () => signOut(''));
if (token.value) open();
else showForm('');

/** @param {string} value */
async function signIn(value) {
  if (!value) return showForm('This is no token: it is one line of letters, digits, - and _.');
  enter.disabled = true;
  setText(trouble, '');
  try {
    await new Api(value, { answered: () => {}, silent: () => {}, refused: () => {} }).get(['health']);
    token.keep(value);
    field.value = '';
    open();
    element('desk', HTMLElement).focus();
  } catch (error) {
    showForm(error instanceof Failure ? error.message : String(error));
  } finally {
    enter.disabled = false;
  }
}

function open() {
  form.hidden = true;
  document.body.dataset['signed'] = 'in';
  desk = new Desk(new Api(token.value, {
    answered: () => setText(lost, ''),
    silent: () => setText(lost, 'mudkeep does not answer; trying again.'),
    refused: () => signOut('The token is not taken any more. Sign in with the one that is.'),
  }));
  desk.start();
}

/** @param {string} words why */
function signOut(words) {
  token.forget();
  desk?.end();
  desk = null;
  setText(lost, '');
  showForm(words);
}

/** @param {string} words */
function showForm(words) {
  delete document.body.dataset['signed'];
  form.hidden = false;
  setText(trouble, words);
  field.focus();
  field.select();
}

/** @returns {Storage | null} */
function sessionStore() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
