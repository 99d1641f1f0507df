import { FONT_FAMILY } from './font.ts';

/** Attributes of an element; numbers are rounded to a tenth of a pixel. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element as text. `content` is SVG already: words go through {@link words}. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(typeof value === 'number' ? round(value) : String(value))}"`)
    .join('');
  return content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/** How words are set. */
export interface WordStyle {
  readonly size: number;
  readonly fill: string;
  readonly bold?: boolean;
  /** Where `x` is: at the start of the words when left out. */
  readonly anchor?: 'start' | 'middle' | 'end';
  /** A rim in this colour, so that words stay legible on top of lines. */
  readonly halo?: string;
}

/** A line of words with its baseline at `y`. */
export function words(text: string, x: number, y: number, style: WordStyle): string {
  const attributes = {
    x,
    y,
    'font-size': style.size,
    'font-weight': style.bold === true ? 700 : 400,
    'text-anchor': style.anchor,
  };
  const said = escaped(text);
  const rim =
    style.halo === undefined
      ? ''
      : element(
          'text',
          {
            ...attributes,
            fill: style.halo,
            stroke: style.halo,
            'stroke-width': 6,
            'stroke-linejoin': 'round',
          },
          said,
        );
  return rim + element('text', { ...attributes, fill: style.fill }, said);
}

/** A path through points that are in pixels already. */
export function path(points: readonly (readonly [x: number, y: number])[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
}

/** A whole picture. */
export function picture(width: number, height: number, content: readonly string[]): string {
  const size = { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}` };
  return element('svg', { ...size, 'font-family': FONT_FAMILY }, content.join(''));
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Text for XML 1.0: its five signs escaped, and the characters that it cannot hold at all left out. */
function escaped(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML refuses.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '')
      .replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
  );
}
