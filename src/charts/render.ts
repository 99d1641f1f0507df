import { fontFiles } from './font.ts';

/**
 * Turns SVG into PNG. The library, which is native and optional, is loaded at the first call.
 * @throws Error when this platform has no build of it, or it was left out at installation
 */
export async function renderPng(svg: string): Promise<Buffer> {
  const { renderAsync } = await import('@resvg/resvg-js');
  const image = await renderAsync(svg, {
    font: { fontFiles: fontFiles(), loadSystemFonts: false },
    background: '#ffffff',
  });
  return image.asPng();
}
