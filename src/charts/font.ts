import { fileURLToPath } from 'node:url';

/** The family that every chart is set in: PT Sans Caption, made to be read small. Latin and Cyrillic. */
export const FONT_FAMILY = 'PT Sans Caption';

const FONTS = '@expo-google-fonts/pt-sans-caption';

/** The font's files: servers have none of their own, and without one a chart has no words. */
export function fontFiles(): string[] {
  return ['PTSansCaption_400Regular.ttf', 'PTSansCaption_700Bold.ttf'].map((file) =>
    fileURLToPath(import.meta.resolve(`${FONTS}/${file}`)),
  );
}

/** Of the two weights, how wide a letter is on average, in parts of the font's size. Measured over English. */
const LETTER = { regular: 0.57, bold: 0.62 } as const;

/** About how wide a text is drawn, in px: enough to keep words from running into each other. */
export function textWidth(text: string, size: number, weight: keyof typeof LETTER = 'regular'): number {
  return [...text].length * size * LETTER[weight];
}
