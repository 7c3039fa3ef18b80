import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openInstallation, type Installation } from '../support/installation.js';

describe('lethe report', () => {
  let here: Installation;
  before(async () => {
    here = await openInstallation();
    expect(lethe('init', '--map', 'native').status).to.equal(0);
  });
  after(() => here.close());

  const lethe: Installation['lethe'] = (...words) => here.lethe(...words);

  it('an installation writes all three after init: to standard output, or to a file by whose name the form goes', () => {
    const notice = lethe('report', 'privacy-notice', '--channel', 'e-mail', '--language', 'it');
    expect(notice.stderr).to.equal('');
    expect(notice.stdout)
      .to.include('Informativa sulla protezione dei dati')
      .and.to.include('tre anni dalla fine');
    const record = lethe('report', 'processing-record', '--output', 'record.pdf', '--json');
    const { id, format } = JSON.parse(record.stdout) as { id: string; format: string };
    expect([id.slice(0, 17), format]).to.deep.equal(['processing-record', 'pdf']);
    expect(readFileSync(join(here.folder, 'record.pdf')).subarray(0, 5).toString()).to.equal('%PDF-');
    const schedule = JSON.parse(lethe('report', 'retention-schedule', '--json').stdout) as {
      report: string;
      rules: readonly { id: string }[];
    };
    expect(schedule.report).to.equal('retention-schedule');
    expect(schedule.rules.map((rule) => rule.id)).to.include('resolved-tickets');
  });

  it('an own template beside lethe.json takes precedence, and one with a hole is refused by its name', () => {
    mkdirSync(join(here.folder, 'reports/retention-schedule'), { recursive: true });
    const file = join(here.folder, 'reports/retention-schedule/en.liquid');
    writeFileSync(file, '# Ours\n\n{{ rules.size }} rules\n');
    expect(lethe('report', 'retention-schedule', '--language', 'en').stdout).to.match(
      /^Ours\n====\n\n\d+ rules\n/,
    );
    writeFileSync(file, '# Ours\n\n{{ nothing }}\n');
    const { status, stderr } = lethe('report', 'retention-schedule', '--language', 'en');
    expect(status).to.equal(2);
    expect(stderr).to.include('reports/retention-schedule/en.liquid').and.to.include('[template_invalid]');
  });

  it('what cannot be meant is refused with exit code 2, and says what can', () => {
    for (const [words, said] of [
      [['privacy-notice', '--channel', 'fax'], '--channel: must be one of e-mail, web, phone, chat'],
      [
        ['processing-record', '--output', 'no/such/here.folder/x.html'],
        'cannot write no/such/here.folder/x.html',
      ],
      [['retention-schedule', '--output', 'schedule'], '--output: its name must end in .pdf'],
      [['retention-schedule', '--format', 'doc'], '--format: must be one of'],
    ] as const) {
      const { status, stderr } = lethe('report', ...words);
      expect(stderr).to.include(said);
      expect(status, stderr).to.equal(2);
    }
    const certificate = lethe('retention', 'certificate', 'plan-a', '--out', 'cert.html');
    expect(certificate.stderr).to.include('--out: its name must end in .pdf');
    expect(certificate.status).to.equal(2);
  });
});
