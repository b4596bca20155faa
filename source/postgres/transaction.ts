import pg, { type Client, type Connection, type QueryResult } from 'pg';
import { wireTypes } from './decode.ts';
import type { KeptStatements } from './kept-statements.ts';

/** A value that a query's parameter can be bound to. */
export type Value = string | number | boolean | null | readonly string[];

/** One statement of a transaction, with the values of its parameters. */
export type Step = {
	readonly sql: string;
	readonly values: readonly Value[];
	/** By which the server keeps it; empty: it does not. */
	readonly name: string;
};

/** The text form of what a step brought. */
export type StepResult = QueryResult<Record<string, string>>;

/**
 * Runs steps as one transaction, and resolves to the result of each.
 * @throws what the server says of the first that failed, or what ended the connection
 */
export const runTransaction = (
	client: Client,
	steps: readonly Step[],
	kept: KeptStatements,
): Promise<readonly StepResult[]> =>
	new Promise((resolve, reject) => {
		client.query(
			new Transaction(steps, kept, (error, results) => {
				if (error) reject(error);
				else {
					kept.succeeded(steps.map(({ name }) => name));
					resolve(results as unknown as readonly StepResult[]);
				}
			}),
		);
	});

/**
 * Statements sent up to one Sync, which the server runs as one transaction: it ends with the last of
 * them, or with the first that fails ("Pipelining" in the protocol's manual). pg has no such query; this
 * one takes over how it is sent, and leaves all that is received to pg.
 */
class Transaction extends pg.Query {
	readonly #steps: readonly Step[];
	readonly #kept: KeptStatements;

	constructor(
		steps: readonly Step[],
		kept: KeptStatements,
		done: (error: Error | undefined, results: unknown) => void,
	) {
		super({ text: '', types: wireTypes }, done);
		this.#steps = steps;
		this.#kept = kept;
	}

	override submit = (connection: Connection): void => {
		const { stream } = connection;
		stream.cork();
		for (const { sql, values, name } of this.#steps) {
			if (!this.#kept.has(name)) {
				// One by this name may be left from before; closing none is no error.
				if (name !== '') connection.close({ type: 'S', name }, true);
				connection.parse({ name, text: sql, types: [] }, true);
			}
			connection.bind({ statement: name, values: values.map(wireForm) }, true);
			connection.describe({ type: 'P', name: '' }, true);
			connection.execute(null, true);
		}
		connection.sync();
		stream.uncork();
	};
}

const wireForm = (value: Value): string | null => {
	if (value === null) return null;
	if (typeof value !== 'object') return String(value);
	return `{${value.map((text) => `"${text.replace(/[\\"]/g, '\\$&')}"`).join()}}`;
};
