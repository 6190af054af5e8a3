// Chinese in a PDF without a font in it: the document names a font of Adobe's collection
// of simplified Chinese (Adobe-GB1), with the predefined encoding of ISO 32000, 9.7.5.2.
// Whoever reads Chinese has a font that stands for it, and no megabytes are handed on.

import type { jsPDF } from "jspdf";

const ENCODING = "UniGB-UTF16-H";
const NAME = "STSong-Light";
/** Advances of the characters from U+0020 to U+007E, in thousandths of the size; the glyphs
 * of the collection from 1 on. All others are as wide as they are high. */
const LATIN = [
  207, 270, 342, 467, 462, 797, 710, 239, 374, 374, 423, 605, 238, 375, 238, 334, 462, 462, 462,
  462, 462, 462, 462, 462, 462, 462, 238, 238, 605, 605, 605, 344, 748, 684, 560, 695, 739, 563,
  511, 729, 793, 318, 312, 666, 526, 896, 758, 772, 544, 772, 628, 465, 607, 753, 711, 972, 647,
  620, 607, 374, 333, 374, 606, 500, 239, 417, 503, 427, 529, 415, 264, 444, 518, 241, 230, 495,
  228, 793, 527, 524, 524, 504, 338, 336, 277, 517, 450, 652, 466, 452, 407, 370, 258, 370, 605,
];
const SPACE = 0x20;

/** A font as jsPDF keeps it. */
interface Font {
  encoding: string | null;
  metadata: object;
  objectNumber?: number;
  isAlreadyPutted?: boolean;
}

interface Inside {
  getFont: () => Font;
  events: { subscribe: (topic: string, told: (event: never) => void) => void };
}

interface TextEvent {
  text: string | Line[];
  mutex: { fonts: Record<string, Font>; activeFontKey: string; isHex?: boolean };
}

type Line = string | [text: string, x: number, y: number];

interface FontEvent {
  font: Font;
  out: (line: string) => void;
  newObject: () => number;
}

/** Lets a document write Chinese; gives the name of the font. */
export function addSong(pdf: jsPDF): string {
  const inside = pdf.internal as unknown as Inside;
  const widths: Record<string, number> = { fof: 1_000, 0: 1_000 };
  LATIN.forEach((width, at) => {
    widths[SPACE + at] = width;
  });
  // It takes the place of a font of every PDF that nothing is written in.
  for (const style of ["normal", "bold"]) {
    const font = pdf.setFont("times", style) && inside.getFont();
    font.encoding = ENCODING;
    font.metadata = { Unicode: { widths, kerning: {} } };
  }
  inside.events.subscribe("postProcessText", encode as never);
  inside.events.subscribe("putFont", describe as never);
  return "times";
}

function encode(event: TextEvent) {
  const { fonts, activeFontKey } = event.mutex;
  if (fonts[activeFontKey]?.encoding !== ENCODING) return;
  const line = (one: Line): Line =>
    typeof one === "string" ? hex(one) : [hex(one[0]), one[1], one[2]];
  event.text = typeof event.text === "string" ? hex(event.text) : event.text.map(line);
  event.mutex.isHex = true;
}

/** UTF-16, big end first. */
export function hex(text: string): string {
  const unit = (at: number) => text.charCodeAt(at).toString(16).padStart(4, "0");
  return Array.from({ length: text.length }, (_, at) => unit(at)).join("");
}

function describe({ font, out, newObject }: FontEvent) {
  if (font.encoding !== ENCODING) return;
  const object = (...lines: string[]) => {
    const number = newObject();
    for (const line of ["<<", ...lines, ">>", "endobj"]) out(line);
    return number;
  };
  const descriptor = object(
    `/Type /FontDescriptor /FontName /${NAME} /Flags 6 /FontBBox [-25 -254 1000 880]`,
    "/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93",
  );
  const glyphs = object(
    `/Type /Font /Subtype /CIDFontType0 /BaseFont /${NAME} /FontDescriptor ${descriptor} 0 R`,
    "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 5 >>",
    `/DW 1000 /W [1 [${LATIN.join(" ")}]]`,
  );
  font.objectNumber = object(
    `/Type /Font /Subtype /Type0 /BaseFont /${NAME}-${ENCODING} /Encoding /${ENCODING}`,
    `/DescendantFonts [${glyphs} 0 R]`,
  );
  font.isAlreadyPutted = true;
}
