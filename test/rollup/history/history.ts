import { fc } from '../../support/properties.ts';
import { pipelines } from '../pipelines.ts';
import { peopleSql } from '../world.ts';
import { oneTask, statement, upkeep } from './statement.ts';

/** What a session does as one transaction; a single statement may stand alone. */
export interface Transaction {
	readonly statements: readonly string[];
	/** `alone`: each statement commits by itself. `crash`: its backend is terminated before it commits. */
	readonly end: 'alone' | 'commit' | 'rollback' | 'crash';
}

/** Programs for sessions, and the order in which they take their steps; what is left over follows in turn. */
export interface History {
	readonly programs: readonly (readonly Transaction[])[];
	/** Number of the session to step, and what befalls it before, whatever it is doing. */
	readonly order: readonly {
		readonly session: number;
		readonly fate: 'none' | 'cancel' | 'kill';
	}[];
}

/** Sessions of a history; three at least are asked for. */
export const sessionCount = 4;

/** Transactions that stay open while others work, between ticks that never wait for them. */
const transactionOf = (
	work: fc.Arbitrary<string>,
	care: fc.Arbitrary<string>,
): fc.Arbitrary<Transaction> =>
	fc.oneof(
		{
			weight: 3,
			arbitrary: fc.record({
				statements: fc.array(work, { minLength: 1, maxLength: 4 }),
				end: fc.oneof(
					{ weight: 3, arbitrary: fc.constant('commit' as const) },
					{ weight: 1, arbitrary: fc.constantFrom('rollback' as const, 'crash' as const) },
				),
			}),
		},
		{
			weight: 1,
			arbitrary: fc.record({
				statements: fc.array(work, { minLength: 1, maxLength: 2 }),
				end: fc.constant('alone' as const),
			}),
		},
		{
			weight: 3,
			arbitrary: fc.record({
				statements: fc.array(care, { minLength: 1, maxLength: 2 }),
				end: fc.constant('alone' as const),
			}),
		},
	);

const step = fc.record({
	session: fc.integer({ min: 0, max: sessionCount - 1 }),
	fate: fc.oneof(
		{ weight: 28, arbitrary: fc.constant('none' as const) },
		{ weight: 1, arbitrary: fc.constantFrom('cancel' as const, 'kill' as const) },
	),
});

const historyOf = (transaction: fc.Arbitrary<Transaction>): fc.Arbitrary<History> =>
	fc.record({
		programs: fc.array(fc.array(transaction, { minLength: 1, maxLength: 5 }), {
			minLength: sessionCount,
			maxLength: sessionCount,
		}),
		order: fc.array(step, { minLength: 20, maxLength: 80 }),
	});

/** A random history of all sessions, of everything that may happen. */
export const history = historyOf(transactionOf(statement, upkeep));

/**
 * A history of one issue's one task: every link from its usage to a bucket changes in some open
 * transaction while the queue is read in others.
 */
export const historyOfMoves = historyOf(
	transactionOf(
		fc.oneof({ weight: 2, arbitrary: oneTask }, { weight: 1, arbitrary: fc.constant(peopleSql) }),
		fc.constantFrom(
			...pipelines.flatMap(({ tick, prune }) => [
				`select ${prune}('0 seconds')`,
				`select ${prune}('0 seconds')`,
				`select ${tick}()`,
			]),
		),
	),
);

/** The statements of a transaction, its end included; null stands for a crash. */
export function stepsOf({ statements, end }: Transaction): readonly (string | null)[] {
	if (end === 'alone') return statements;
	return ['begin', ...statements, end === 'crash' ? null : end];
}
