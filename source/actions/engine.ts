import { writeWindow } from './effect-sql.ts';
import type { Query } from './session.ts';
import type { Shape } from './shape.ts';

export const engineNames = ['function', 'direct'] as const;
export type EngineName = (typeof engineNames)[number];

/** What recomputes the buckets of a window: the database's function, or tidemark's own statement. */
export type Engine = {
	readonly name: EngineName;
	/**
	 * Recomputes what changed between two moments (text as the server takes it), drains the queue up to
	 * the second. Inside a transaction, under the pipeline's lock.
	 * @returns rollup rows touched; the function counts those it left as they were, too
	 */
	window(query: Query, from: string, to: string): Promise<number>;
};

/** The database's own window function. */
export const functionEngine = ({ pipeline }: Shape): Engine => ({
	name: 'function',
	async window(query, from, to) {
		const rows = await query<{ touched: string }>(
			`select ${pipeline.windowFunction}($1::timestamptz, $2::timestamptz) as touched`,
			[from, to],
		);
		return Number(rows[0]?.touched ?? 0);
	},
});

/** One statement of tidemark's own. */
export const directEngine = (shape: Shape): Engine => ({
	name: 'direct',
	async window(query, from, to) {
		const rows = await query<{ touched: number }>(writeWindow(shape), [from, to, [to]]);
		return rows[0]?.touched ?? 0;
	},
});
