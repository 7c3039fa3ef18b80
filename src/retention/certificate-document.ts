import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LetheError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Document } from '../documents/document.js';
import { readTemplate, renderTemplate, type Template } from '../documents/template.js';
import type { Certificate, PublishedFacts } from './certificate-facts.js';

/** The same folder seen from src/retention and from dist/retention: the package ships it as it is. */
const SHIPPED = fileURLToPath(new URL('../../reports/certificate', import.meta.url));

/**
 * The template for a language: the installation's own (`reports/certificate/<language>.liquid` beside lethe.json), else the
 * shipped one.
 * @throws LetheError `input_invalid` for a language that has none
 */
export async function certificateTemplate(language: string, folder?: string): Promise<Template> {
  const name = `${language}.liquid`;
  const own = folder === undefined ? null : join(folder, 'reports', 'certificate', name);
  const file = own !== null && existsSync(own) ? own : join(SHIPPED, name);
  const isName = /^[a-z]{2,3}(-[A-Za-z0-9]+)*$/.test(language);
  if (isName && existsSync(file)) return readTemplate(file, language, `reports/certificate/${name}`);
  const known = (await readdir(SHIPPED)).map((shipped) => shipped.replace(/\.liquid$/, ''));
  throw new LetheError('input_invalid', {
    what: '--language',
    reason: `there is no template for "${language}"; shipped: ${known.join(', ')}; your own goes to reports/certificate/${isName ? name : '<language>.liquid'}`,
  });
}

/**
 * The certificate in words: facts from the certificate, prose from the template.
 * @throws LetheError `template_invalid`
 */
export function certificateDocument(certificate: Certificate, template: Template): Document {
  const { title, blocks } = renderTemplate(template, viewOf(certificate));
  return {
    id: certificate.id,
    title,
    language: template.language,
    author: 'Lethe',
    created: certificate.run.finished as Instant,
    blocks,
  };
}

/** What the template can name: the certificate, with persons in place of actor ids. */
function viewOf(certificate: Certificate): object {
  const { people, policy, plan, approvals, run, proof } = certificate;
  const person = (id: string): object => ({ id, name: people[id] ?? null });
  const signed: Signed = (one) => ({ ...one, by: person(one.by) });
  return {
    ...certificate,
    policy: { ...policy, stored: signed(policy.stored), published: publishedView(policy.published, signed) },
    plan: { ...plan, made: signed(plan.made) },
    approvals: { ...approvals, given: approvals.given.map(signed) },
    run: { ...run, by: run.by.map(person) },
    destroyedKeys: certificate.destroyedKeys ?? null,
    keys: [...new Set(proof.blocks.map(({ key }) => key))],
  };
}

type Signed = (one: { readonly by: string }) => object;

const publishedView = (published: PublishedFacts | null, signed: Signed): object | null =>
  published && { ...signed(published), approved: published.approved.map(signed) };
