import type PDFDocument from 'pdfkit';

/** The parts of PDFKit that its types leave out and that are used here; checked by the tests that read the PDF. */
export interface PdfInternals {
  readonly _font: EmbeddedFont;
  appendXML(xml: string): void;
  endMetadata(): void;
  readonly readableLength: number;
  ref(data: object): FormReference;
}

export interface EmbeddedFont {
  readonly id: string;
  layoutCache: Record<string, unknown>;
  /** The code points that each glyph of the subset stands for. */
  readonly unicode: (readonly number[])[];
  encode(text: string): readonly [readonly string[], unknown];
  ref(): object;
}

export interface FormReference {
  end(content: string): void;
}

export const internalsOf = (pdf: PDFKit.PDFDocument): PdfInternals => pdf as unknown as PdfInternals;

/** PDFKit writes the properties as PDF strings first, and then into XML as they are: there they have to be escaped. */
export function escapeProperties(pdf: Pdf): void {
  const internals = internalsOf(pdf);
  const endMetadata = internals.endMetadata.bind(pdf);
  internals.endMetadata = () => {
    const info = pdf.info as Record<string, unknown>;
    for (const [name, value] of Object.entries(info))
      if (typeof value === 'string') info[name] = xmlText(value);
    endMetadata();
  };
}

const xmlText = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

export type Pdf = InstanceType<typeof PDFDocument>;
