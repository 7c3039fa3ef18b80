import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { plainText, type Document, type Row } from '../../src/documents/document.js';
import { pdfBytes } from '../../src/documents/pdf.js';
import { textLines } from '../../src/documents/plain-text.js';
import { certificateDocument, certificateTemplate } from '../../src/retention/certificate-document.js';
import { LIMITS } from '../../src/retention/certificate-limits.js';
import type { Certificate, PublishedFacts } from '../../src/retention/certificate-facts.js';
import { textOf } from '../documents/pdf-tools.js';
import { closeDesks, refusal } from '../support/small-desk.js';
import { certified, expectNoPersonalData } from './certificate-desk.js';

async function linesOf(document: Document): Promise<string> {
  const lines: string[] = [];
  for await (const line of textLines(document)) lines.push(line);
  return lines.join('\n');
}

const inWords = async (certificate: Certificate, language: string): Promise<Document> =>
  certificateDocument(certificate, await certificateTemplate(language));

/** The certificate with every cause, several blocks and a late row: what the templates must have words for. */
function fullOf(certificate: Certificate): Certificate {
  const kept = (why: Certificate['kept'][number]['why'], kind: string | null, by: string | null) =>
    ({
      found: 'run',
      why,
      by,
      kind,
      ground: 'litigation',
      policy: 'must-keep',
      cite: 'HGB 257',
      records: 2,
    }) as const;
  const facts = {
    ...certificate,
    lateRows: 3,
    approvals: { ...certificate.approvals, given: [] },
    kept: [
      ...['hold', 'floor', 'restriction', 'request', 'notice'].map((kind) =>
        kept('protected', kind, `${kind}-1`),
      ),
      kept('conflict', null, 'rival'),
      kept('overridden', null, 'rival'),
      kept('changed', null, null),
      kept('gone', null, null),
    ],
  };
  return facts;
}

const withPublished = (certificate: Certificate, published: PublishedFacts): Certificate => ({
  ...certificate,
  policy: { ...certificate.policy, published },
});

describe('the certificate in words', () => {
  let certificate: Certificate;
  before(async () => {
    certificate = (await certified()).certificate;
  });
  after(closeDesks);

  for (const [language, title, limit] of [
    ['en', 'Certificate of disposal', 'VACUUM'],
    ['de', 'Löschbescheinigung', 'Sicherungen'],
  ] as const) {
    it(`shows the facts in ${language}, with the same digest in PDF and text`, async function () {
      const document = await inWords(certificate, language);
      expect(document.title).to.equal(title);
      const text = await linesOf(document);
      for (const fact of [certificate.digest, certificate.id, 'BGB 195', 'HGB 257', 'approver', limit])
        expect(text.replace(/\s+/g, ''), fact).to.include(fact.replace(/\s+/g, ''));
      expectNoPersonalData(text);
      const printed = textOf(this, await pdfBytes(document)).replaceAll(' ', '');
      expect(printed).to.include(certificate.digest).and.to.include(certificate.plan.digest);
      expectNoPersonalData(printed);
    });

    it(`has words in ${language} for every cause and every limit`, async () => {
      const full = fullOf(certificate);
      const document = await inWords(full, language);
      const tables = document.blocks.flatMap((block) => (block.kind === 'table' ? [block.table] : []));
      const reasons = [...(tables[2]?.rows as Iterable<Row>)].map(([reason = '']) => plainText(reason));
      expect(new Set(reasons)).to.have.length(full.kept.length);
      for (const reason of reasons)
        expect(reason).not.to.match(/^(protected|conflict|overridden|changed|gone)$/);
      const limits = document.blocks.flatMap((block) =>
        block.kind === 'list' && !block.ordered ? block.items : [],
      );
      expect(limits).to.have.length(LIMITS.length);
      for (const { text } of LIMITS) expect(limits.map(plainText)).not.to.include(text);
    });
  }

  it('says who published the version that was planned by, and who approved it', async () => {
    const by = certificate.plan.made.by;
    const at = '2026-01-02T03:04:05.000000Z';
    const published = { id: 'version-abc', at, by, initial: false, approved: [{ by: 'actor-erased', at }] };
    const words = (await linesOf(await inWords(withPublished(certificate, published), 'en'))).replace(
      /\s+/g,
      ' ',
    );
    expect(words).to.match(
      /published on 2 January 2026, 03:04:05 UTC by officer .* as version-abc, approved on 2 January 2026/,
    );
    expect(words).not.to.include('version-abc, with the installation');
    const initial = { ...published, initial: true, approved: [] };
    const german = await linesOf(await inWords(withPublished(certificate, initial), 'de'));
    expect(german.replace(/\s+/g, ' ')).to.include('version-abc, bei der Einrichtung');
  });

  it('does not drop a limit that a template has no words for', async () => {
    const unknown = {
      code: 'new-limit',
      text: 'Something else is not covered.',
    } as unknown as (typeof LIMITS)[number];
    const text = await linesOf(await inWords({ ...certificate, limits: [...LIMITS, unknown] }, 'de'));
    expect(text).to.include('Something else is not covered.');
  });

  it('takes the template of the installation before the shipped one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lethe-reports-'));
    try {
      mkdirSync(join(folder, 'reports', 'certificate'), { recursive: true });
      writeFileSync(
        join(folder, 'reports', 'certificate', 'en.liquid'),
        '# Our own\n\n{{ records.deleted }} gone',
      );
      const own = certificateDocument(certificate, await certificateTemplate('en', folder));
      expect(await linesOf(own))
        .to.include('Our own')
        .and.to.include('11 gone');
      expect(certificateDocument(certificate, await certificateTemplate('de', folder)).title).to.equal(
        'Löschbescheinigung',
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is refused in a language that has no template', async () => {
    for (const language of ['fr', '../../en', ''])
      expect((await refusal(certificateTemplate(language), 'input_invalid')).message).to.include('de, en');
  });
});
