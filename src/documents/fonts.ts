import { createRequire } from 'node:module';
import { basename, dirname, isAbsolute, join } from 'node:path';
import * as fontkit from 'fontkit';
import type { Font } from 'fontkit';
import type { Span } from './document.js';

/** A font by the name under which a PDF registers it. */
export interface NamedFont {
  readonly name: string;
  readonly font: Font;
}

const require = createRequire(import.meta.url);
const opened = new Map<string, NamedFont>();

/** Condensed: digests and wide tables fit. The last ones serve characters that the first lacks. */
const FACES: Readonly<Record<Span['style'], readonly string[]>> = {
  plain: ['DejaVuSansCondensed'],
  strong: ['DejaVuSansCondensed-Bold', 'DejaVuSansCondensed'],
  code: ['DejaVuSansMono', 'DejaVuSansCondensed'],
};

/** Optional packages for scripts that DejaVu lacks, each with the languages that prefer it. */
const OPTIONAL: readonly { readonly font: string; readonly languages: readonly string[] }[] = [
  { font: 'NotoSansSC', languages: ['zh'] },
  { font: 'NotoSansTC', languages: ['zh-tw', 'zh-hk', 'zh-hant'] },
  { font: 'NotoSansJP', languages: ['ja'] },
  { font: 'NotoSansKR', languages: ['ko'] },
  { font: 'NotoSansThai', languages: ['th'] },
  { font: 'NotoSansDevanagari', languages: ['hi', 'mr', 'ne'] },
];

/** The fonts for a style, in the order in which a character looks for its glyph. Files are read once a process. */
export function fontsFor(
  style: Span['style'],
  language: string,
  extra: readonly string[] = [],
): readonly NamedFont[] {
  const faces = FACES[style].map((face) => openFont(face, `dejavu-fonts-ttf/ttf/${face}.ttf`));
  return [
    ...faces,
    ...extra.map((file) => openFont(basename(file).replace(/\W/g, '-'), file)),
    ...optionalFonts(language),
  ].filter((font) => font !== null);
}

function optionalFonts(language: string): readonly (NamedFont | null)[] {
  const wanted = language.toLowerCase();
  const rank = ({ languages }: { readonly languages: readonly string[] }): number =>
    languages.some((prefix) => wanted === prefix || wanted.startsWith(`${prefix}-`)) ? 0 : 1;
  return OPTIONAL.toSorted((a, b) => rank(a) - rank(b)).map(({ font }) => openOptional(font));
}

/** `NotoSansJP` is in `@expo-google-fonts/noto-sans-jp`: plain TrueType files, one a weight. */
function openOptional(font: string): NamedFont | null {
  const name = font.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase();
  try {
    const folder = dirname(require.resolve(`@expo-google-fonts/${name}/package.json`));
    return openFont(font, join(folder, '400Regular', `${font}_400Regular.ttf`));
  } catch {
    return null; // not installed
  }
}

function openFont(name: string, file: string): NamedFont {
  const known = opened.get(file);
  if (known) return known;
  const path = isAbsolute(file) ? file : require.resolve(file);
  const made = { name, font: fontkit.openSync(path) as Font };
  opened.set(file, made);
  return made;
}
