import { expect } from 'chai';
import { parsePeriod, type Period } from '../../src/core/period.js';
import { keptWords, periodWords } from '../../src/transparency/period-words.js';
import { wordsOf } from './shipped.js';

const period = (text: string): Period => parsePeriod(text) as Period;

describe('periods in words', () => {
  it('are said in each language, from the event or from the end of its year', () => {
    const kept = { period: period('P3Y'), periodStarts: 'endOfYear' } as const;
    expect(keptWords(wordsOf('en'), kept, 'the ticket was closed')).to.equal(
      'three years from the end of the year in which the ticket was closed',
    );
    expect(keptWords(wordsOf('de'), kept, 'das Ticket geschlossen wurde')).to.equal(
      'drei Jahre ab dem Ende des Jahres, in dem das Ticket geschlossen wurde',
    );
    expect(keptWords(wordsOf('fr'), kept, 'le ticket a été clôturé')).to.equal(
      'trois ans à compter de la fin de l’année au cours de laquelle le ticket a été clôturé',
    );
    const short = { period: period('P90D'), periodStarts: 'event' } as const;
    expect(keptWords(wordsOf('es'), short, 'comenzó la llamada')).to.equal(
      '90 días desde que comenzó la llamada',
    );
    expect(keptWords(wordsOf('it'), short, 'è iniziata la telefonata')).to.equal(
      '90 giorni da quando è iniziata la telefonata',
    );
  });

  it('keep singular, plural and the parts of a period apart', () => {
    expect(periodWords(wordsOf('en'), period('P1Y'))).to.equal('one year');
    expect(periodWords(wordsOf('en'), period('P1Y6M2W3D'))).to.equal(
      'one year, six months, two weeks and three days',
    );
    expect(periodWords(wordsOf('de'), period('P1M'))).to.equal('ein Monat');
    expect(periodWords(wordsOf('fr'), period('P1W1D'))).to.equal('une semaine et un jour');
    expect(periodWords(wordsOf('it'), period('P12M'))).to.equal('dodici mesi');
    expect(periodWords(wordsOf('es'), period('P13M'))).to.equal('13 meses');
  });

  it('take a start event as it is, whatever characters it has', () => {
    const kept = { period: period('P1D'), periodStarts: 'event' } as const;
    expect(keptWords(wordsOf('en'), kept, "$& {period} $'")).to.equal("one day after $& {period} $'");
  });
});
