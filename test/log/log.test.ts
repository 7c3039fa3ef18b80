import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import { openLog, type Log } from '../../src/log/log.js';
import { freshDatabase } from '../support/database.js';

const MARKERS = ['Anna Muster', 'anna.muster@example.org', 'anna-muster', 'annamuster', 'Geheimnis-4711'];

/** What a log writes, and nothing of it may hold a marker. */
function written(write: (log: Log) => void): readonly Record<string, unknown>[] {
  let text = '';
  write(openLog({ write: (line) => void (text += line) }, { worker: 'worker-abcdefghjk' }));
  for (const marker of MARKERS) expect(text.toLowerCase()).to.not.include(marker.toLowerCase());
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const line = (write: (log: Log) => void): Record<string, unknown> => written(write)[0] ?? {};

describe('the log of a worker', () => {
  it('says what happened in words of its own, with ids, counts and instants', () => {
    const said = line((log) => {
      log.info('run.ended', { plan: 'plan-abcdefghjk', policy: 'old-tickets', items: 3, outcome: 'done' });
    });
    const { time, ...rest } = said;
    expect(time).to.match(/^\d{4}-/);
    expect(rest).to.deep.equal({
      level: 'info',
      event: 'run.ended',
      worker: 'worker-abcdefghjk',
      plan: 'plan-abcdefghjk',
      policy: 'old-tickets',
      items: 3,
      outcome: 'done',
      message: 'a run has ended, for now or for good',
    });
  });

  it('redacts a known field of the wrong shape', () => {
    const wrong = {
      plan: 'anna.muster@example.org',
      job: 'job-annamuster1',
      slot: 'Anna Muster',
      policy: 'Anna Muster',
      code: 'Geheimnis-4711',
      outcome: 'anna-muster',
      state: 'Anna Muster',
      items: 'Anna Muster',
      taken: { toJSON: () => 'Anna Muster' },
      busy: [new Error('Anna Muster')],
      sqlstate: { toString: () => '23505', name: 'Anna Muster' },
    };
    const said = line((log) => {
      log.warn('job.moved', wrong);
    });
    const fields = Object.fromEntries(Object.keys(wrong).map((name) => [name, said[name]]));
    expect(new Set(Object.values(fields))).to.deep.equal(new Set(['[redacted]']));
  });

  it('redacts a name it does not know together with its value', () => {
    const said = line((log) => {
      log.info('job.made', {
        'Anna Muster': 1,
        email: 'anna.muster@example.org',
        nested: { deep: { deeper: ['Anna Muster'] } },
        [Symbol('Anna Muster')]: 'Anna Muster',
        __proto__: { policy: 'anna-muster' },
        constructor: 'Anna Muster',
        toJSON: () => ({ policy: 'Anna Muster' }),
        hasOwnProperty: 'Anna Muster',
        err: new Error('Anna Muster'),
        msg: 'Anna Muster',
        message: 'Anna Muster',
        time: 'Anna Muster',
        level: 'Anna Muster',
        event: 'Anna Muster',
      });
    });
    expect(said).to.include({
      other: '[redacted]',
      event: 'job.made',
      message: 'a slot has come',
      level: 'info',
    });
    expect(Object.keys(said)).to.have.members(['level', 'time', 'event', 'worker', 'other', 'message']);
  });

  it('calls nothing of what it is handed', () => {
    let called = false;
    const said = line((log) => {
      log.info('job.made', {
        get policy() {
          called = true;
          return 'anna-muster';
        },
      });
    });
    expect(said['policy']).to.equal('[redacted]');
    expect(called).to.equal(false);
  });

  it('says of an error of ours its code and our words, with what is not ours redacted', () => {
    const error = new LetheError(
      'approval_own',
      { plan: 'plan-abcdefghjk', actor: 'Anna Muster', policy: 'old-tickets' },
      { cause: new Error('Geheimnis-4711') },
    );
    const { code, message } = line((log) => {
      log.error('run.failed', error, { plan: 'plan-abcdefghjk' });
    })['error'] as { code: string; message: string };
    expect(code).to.equal('approval_own');
    expect(message).to.include('plan-abcdefghjk').and.to.include('[redacted]');
  });

  const wordsOf = (error: LetheError): string => {
    const { message } = line((log) => {
      log.error('epoch.due', error);
    })['error'] as { message: string };
    return message;
  };
  const [epoch, key] = ['0c9ea8e5-2f6d-4f5a-9b57-2f35a3f1d001', '5b1d7f0e-93a5-4c11-8a52-6a0f41f0c002'];

  it('names keys and epochs by their ids, which are drawn at random', () => {
    expect(
      wordsOf(new LetheError('epoch_lost', { epoch, place: 'database keys.example:5433/epochs' })),
    ).to.include(`epoch key ${epoch} is not in database keys.example:5433/epochs:`);
    expect(wordsOf(new LetheError('key_destroyed', { key, at: '2026-01-01T00:00:00Z' }))).to.include(key);
    const damaged = `2 under epoch ${epoch} (${key}, ${epoch}); 9 under epoch ${key} (${key}, ${key}, ${key}, …)`;
    expect(wordsOf(new LetheError('keys_damaged', { damaged }))).to.include(damaged);
    for (const wrong of [
      'anna-muster',
      `${key} anna-muster`,
      'annamuster/5b1d7f0e-93a5-4c11-8a52-6a0f41f0c002',
    ])
      for (const error of [
        new LetheError('key_unknown', { key: wrong }),
        new LetheError('epoch_lost', { epoch: wrong, place: 'database h/d' }),
        new LetheError('keys_damaged', { damaged: `1 under epoch ${epoch} (${wrong})` }),
      ])
        expect(wordsOf(error)).to.include('[redacted]');
  });

  it('names a place by host and database, or by the last name of a path: no user, no password, no folder', () => {
    const placed = (place: string): string => wordsOf(new LetheError('epoch_lost', { epoch, place }));
    expect(placed('/home/anna-muster/lethe-keys.json')).to.include('is not in …/lethe-keys.json:');
    expect(
      wordsOf(new LetheError('key_file_unsafe', { file: '/home/annamuster/keys.json', mode: '644' })),
    ).to.include('the key file …/keys.json can');
    expect(placed('database [::1]:5432/epochs')).to.include('database [::1]:5432/epochs');
    for (const place of [
      'database anna-muster:Geheimnis-4711@keys.example/epochs',
      'database annamuster:4711/Geheimnis-4711@keys.example/epochs',
      'postgres://annamuster:Geheimnis-4711@keys.example/epochs',
      'messages.body of row anna-muster',
      'messages.body of row /anna-muster',
      '/srv/Anna Muster',
      'anna-muster/keys.json',
    ])
      expect(placed(place)).to.include('is not in [redacted]:');
  });

  it('says of any other error where it happened, and nothing of what it says', () => {
    const hostile = Object.assign(new TypeError('Anna Muster\n    at Anna Muster (anna-muster:1:1)'), {
      detail: 'Key (email)=(anna.muster@example.org) already exists',
      cause: new Error('Geheimnis-4711'),
      toJSON: () => 'Anna Muster',
    });
    const thrown = [
      hostile,
      'Anna Muster',
      { message: 'Anna Muster' },
      null,
      new AggregateError([hostile], 'Anna Muster'),
    ];
    for (const error of thrown) {
      const shown = line((log) => {
        log.error('round.failed', error);
      })['error'] as { code: string; at: readonly string[] };
      expect(shown.code).to.equal('unexpected');
      if (error === hostile) expect(shown.at.join()).to.include('log.test.ts');
    }
  });

  it('says of what the database refuses nothing that the database said', async () => {
    const { connect, drop } = await freshDatabase();
    const client = await connect();
    await client.query(
      `create table t (email text primary key); insert into t values ('anna.muster@example.org')`,
    );
    try {
      const refused: unknown = await client
        .query(`insert into t values ('anna.muster@example.org')`)
        .catch((error: unknown) => error);
      expect((refused as { detail: string }).detail).to.include('anna.muster@example.org');
      written((log) => {
        log.error('round.failed', refused, { policy: refused, other: refused });
      });
    } finally {
      await drop();
    }
  });
});
