// Short words for long commands. `k = kill $1; get all corpse` makes `k rat` two commands; `$1` to
// `$9` are the words after the alias, `$*` is all of them.

/** How many commands one alias may become. */
const COMMANDS_MAX = 20;

/** One alias a line: `name = commands`. @param {string} text @returns {Map<string, string>} */
export function parseAliases(text) {
  const aliases = new Map();
  for (const line of text.split('\n')) {
    const [, name, commands] = /^\s*(\S+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name && commands) aliases.set(name, commands);
  }
  return aliases;
}

/** What a line becomes. An alias in an alias is not looked at, so nothing goes in circles.
 * @param {string} line @param {Map<string, string>} aliases @returns {string[]} */
export function expand(line, aliases) {
  const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
  const commands = aliases.get(name);
  if (commands === undefined) return [line];
  const words = rest.split(/\s+/).filter(Boolean);
  const takesWords = /\$[1-9*]/.test(commands);
  const filled = commands.replace(/\$([1-9*])/g, (_, which) => (which === '*' ? rest : words[Number(which) - 1] ?? ''));
  const whole = takesWords || rest === '' ? filled : `${filled} ${rest}`;
  return whole.split(';').map((command) => command.trim()).filter(Boolean).slice(0, COMMANDS_MAX);
}
