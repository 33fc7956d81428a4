// Draws what a terminal shows as an SVG: ANSI text in (for instance from `tmux capture-pane -p -e`), picture out.
//   node scripts/terminal-picture.mjs < screen.ansi > docs/pictures/rehearse.svg
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const cell = { width: 8.4, height: 18 };
const colours = { 31: '#f47067', 32: '#6bc46d', 33: '#daaa3f', 34: '#6cb6ff', 35: '#b083f0', 36: '#39c5cf', 37: '#cdd9e5', 90: '#768390' };
const lines = readFileSync(0, 'utf8').replace(/\n+$/, '').split('\n');
const columns = Math.max(...lines.map((line) => stripVTControlCharacters(line).length));
const size = { width: Math.ceil(columns * cell.width) + 32, height: lines.length * cell.height + 32 };

const escapes = new RegExp(`(${String.fromCharCode(27)}\\[[0-9;]*m)`);

let style = {};
const rows = lines.map((line, index) => `<text x="16" y="${16 + (index + 0.75) * cell.height}">${spans(line)}</text>`);
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}">
<rect width="100%" height="100%" rx="8" fill="#1c2128"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#cdd9e5" xml:space="preserve">
${rows.join('\n')}
</g>
</svg>
`);

function spans(line) {
  return line
    .split(escapes)
    .map((part) => (part.startsWith('\u001b[') ? change(part) : span(part)))
    .join('');
}

function change(code) {
  for (const number of code.slice(2, -1).split(';').map(Number)) {
    if (number === 0) style = {};
    else if (number === 1) style = { ...style, weight: 'bold' };
    else if (number === 2) style = { ...style, opacity: 0.55 };
    else if (number === 22) style = { ...style, weight: undefined, opacity: undefined };
    else if (number === 39) style = { ...style, colour: undefined };
    else if (colours[number]) style = { ...style, colour: colours[number] };
  }
  return '';
}

function span(text) {
  if (text === '') return '';
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const attributes = [
    style.colour && `fill="${style.colour}"`,
    style.weight && `font-weight="${style.weight}"`,
    style.opacity && `fill-opacity="${style.opacity}"`,
  ].filter(Boolean);
  return attributes.length === 0 ? escaped : `<tspan ${attributes.join(' ')}>${escaped}</tspan>`;
}
