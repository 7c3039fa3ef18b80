import type { Instant } from '../core/instant.js';
import type { Queryable } from '../db/database.js';
import type { Document } from '../documents/document.js';
import { LetheError } from '../core/errors.js';
import { storeVersion, versionText } from '../publication/version-store.js';
import { documentOfText, type Report } from './report.js';

/** Keeps the text of a notice that somebody is shown, once, so that it can be shown again by its digest. */
export const storeNotice = (db: Queryable, { digest, name, text }: Report, actor: string): Promise<void> =>
  storeVersion(db, { digest, kind: 'notice', name, text }, actor);

/**
 * The notice with this digest as it was shown, without what it said about itself.
 * @throws LetheError `notice_unknown`
 */
export async function noticeShown(db: Queryable, digest: string, created: Instant): Promise<Document> {
  const text = await versionText(db, digest);
  if (text === null || !text.includes('"name":"privacy-notice"'))
    throw new LetheError('notice_unknown', { digest });
  return documentOfText(text, created);
}
