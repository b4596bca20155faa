import { resetSql } from '../rollup/world.ts';
import type { TestDatabase } from '../support/database.ts';

/** Noon of a day before today, in UTC, as an SQL expression. */
export const noon = (ago: number) =>
	`date_trunc('day', now(), 'UTC') - interval '${ago} days' + interval '12 hours'`;

/** A day before today, in UTC. */
export const dayBefore = (ago: number) =>
	new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

/** Rolls up again all there is. */
export async function refill(database: TestDatabase): Promise<void> {
	// A procedure that commits stands alone.
	await database.rows("call tidemark_backfill('hourly')");
	await database.rows("call tidemark_backfill('daily')");
}

/**
 * The small world with usage of two days, rolled up: for each of three tasks 10 + 1 tokens yesterday
 * at noon, and 100 + 1 the day before. The tasks started yesterday at noon.
 */
export async function seedTwoDays(database: TestDatabase): Promise<void> {
	await database.rows(resetSql.replace('"user", ', ''));
	await database.rows('truncate task_usage');
	await database.rows(`insert into task_usage (task_id, provider, model, input_tokens, output_tokens, created_at, updated_at)
		select t.id, 'claude', d.model, d.tokens, 1, d.at, d.at
		from agent_task_queue t, (values (${noon(1)}, 10, 'haiku'), (${noon(2)}, 100, 'opus')) as d (at, tokens, model)`);
	await database.rows(
		`update agent_task_queue set status = 'completed', started_at = ${noon(1)}, completed_at = ${noon(1)} + interval '1 hour'`,
	);
	await refill(database);
}
