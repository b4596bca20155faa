import type { Client } from 'pg';
import type { WireRow } from './decode.ts';
import type { KeptStatements } from './kept-statements.ts';
import { runTransaction, type StepResult, type Value } from './transaction.ts';

/** One read-only query to send. */
export type Message = {
	readonly sql: string;
	/** Bound to `$1`, `$2`, … by the server; never part of the text. */
	readonly values?: readonly Value[];
	/** It will be asked again and again: the server keeps it parsed and planned. */
	readonly isKept?: boolean;
	/** The server cancels it after this long: SQLSTATE 57014. */
	readonly timeoutMs: number;
};

/** What a message brought back. */
export type Answer =
	| {
			readonly kind: 'rows';
			readonly rows: readonly WireRow[];
			readonly fieldNames: readonly string[];
			/** Server clock when it finished, in ms since the epoch. */
			readonly at: number;
			/** How long the server worked on the message, by its own clock, in ms. */
			readonly serverMs: number;
	  }
	| { readonly kind: 'error'; readonly error: Error; readonly tookMs: number };

/** Startup settings that bound whatever this session does, before any message says so itself. */
export const sessionSettings = {
	default_transaction_read_only: 'on',
	statement_timeout: '2000',
	lock_timeout: '250',
	idle_in_transaction_session_timeout: '5000',
	// For queries of a few ms a compiler or a second process costs more than it saves.
	jit: 'off',
	max_parallel_workers_per_gather: '0',
} as const;

/** What a message must say itself where a pooler has taken no settings for the session. */
const settingsBehindPooler = ['lock_timeout', 'jit', 'max_parallel_workers_per_gather'] as const;

const clock = 'extract(epoch from clock_timestamp())::float8 * 1000 as at';
const clockSql = `select ${clock}`;

/**
 * The bounds of a message's transaction, and the server's clock at its beginning. They are set by
 * each, so that no query of the user's own can have changed them for the next. A role or a database may
 * have settings of its own for how values are written; these we can read.
 */
const boundsSql = (isPooled: boolean): string => {
	const settings = [
		['transaction_read_only', "'on'"],
		['statement_timeout', '$1'],
		['datestyle', "'iso'"],
		['extra_float_digits', "'1'"],
		...(isPooled ? settingsBehindPooler.map((name) => [name, `'${sessionSettings[name]}'`]) : []),
	].map(([name, value]) => `pg_catalog.set_config('${name}', ${value}, true)`);
	return `select ${settings.join(', ')}, ${clock}`;
};
const ownBounds = boundsSql(false);
const boundsBehindPooler = boundsSql(true);

/** Sends a message as a read-only transaction of its own; what goes wrong with it is its answer. */
export async function send(
	client: Client,
	message: Message,
	statements: KeptStatements,
): Promise<Answer> {
	const { sql, values = [], isKept = false, timeoutMs } = message;
	const bounds = statements.isPooled ? boundsBehindPooler : ownBounds;
	const nameOf = (text: string) => statements.nameOf(text);
	const started = performance.now();
	const ask = () => {
		const steps = [
			{ sql: bounds, values: [Math.max(1, Math.trunc(timeoutMs))], name: nameOf(bounds) },
			{ sql, values, name: isKept ? nameOf(sql) : '' },
			{ sql: clockSql, values: [], name: nameOf(clockSql) },
		];
		return runTransaction(client, steps, statements);
	};
	try {
		const results = await ask().catch((error: unknown) => {
			if (statements.failed(isKept ? nameOf(sql) : '', error)) return ask();
			throw error;
		});
		return rowsAnswer(results);
	} catch (error) {
		return { kind: 'error', error: error as Error, tookMs: performance.now() - started };
	}
}

/** To the microsecond, which is what the server counts in: what lies behind it came of computing. */
const micros = (ms: number): number => Math.round(ms * 1000) / 1000;

function rowsAnswer([bounds, result, clocks]: readonly StepResult[]): Answer {
	const at = Number(clocks?.rows[0]?.at);
	return {
		kind: 'rows',
		rows: result?.rows ?? [],
		fieldNames: (result?.fields ?? []).map((field) => field.name),
		at: micros(at),
		serverMs: micros(at - Number(bounds?.rows[0]?.at)),
	};
}
