import type pg from 'pg';
import { directEngine } from '../../../source/actions/engine.ts';
import { readFacts, shapeOf } from '../../../source/actions/facts.ts';
import { pipelines as actionPipelines } from '../../../source/actions/pipelines.ts';
import type { Query } from '../../../source/actions/session.ts';
import type { TestDatabase } from '../../support/database.ts';
import { differenceSql, pipelines } from '../pipelines.ts';
import { resetSql } from '../world.ts';
import { type History, sessionCount, stepsOf } from './history.ts';
import { HistorySession } from './session.ts';

/** How long usage rests in a history: so short that windows have their share, and not the queue alone. */
const settle = '5 milliseconds';

/** Every so manyth history is also made anew by the direct engine, which takes a while. */
const usualDirectEvery = 3;

/** Plays histories on one database, several sessions at once. */
export class HistoryPlayer {
	private readonly watcher: pg.Client;
	private readonly sessions: HistorySession[];
	private played = 0;
	private directEvery = usualDirectEvery;

	static async open(database: TestDatabase): Promise<HistoryPlayer> {
		const watcher = await database.client();
		await watcher.query(`update tidemark_rollup_pipelines set settle_interval = '${settle}'`);
		return new HistoryPlayer(database, watcher);
	}

	private constructor(database: TestDatabase, watcher: pg.Client) {
		this.watcher = watcher;
		this.sessions = Array.from(
			{ length: sessionCount },
			() => new HistorySession(database, watcher),
		);
	}

	/**
	 * Plays a history from a fresh world and brings it to rest.
	 * @returns the rows that differ from raw, as the ticks made them and, of some histories, as the direct
	 * engine does
	 */
	async play({ programs, order }: History): Promise<readonly object[]> {
		await this.watcher.query(resetSql);
		for (const [n, session] of this.sessions.entries()) {
			await session.start((programs[n] ?? []).flatMap(stepsOf));
		}
		for (const { session, fate } of order) {
			const stepping = this.sessions[session] as HistorySession;
			if (fate === 'cancel') await stepping.cancel();
			if (fate === 'kill') await stepping.kill();
			await stepping.step();
			await this.untilAllRestOrBlock();
		}
		while (!this.sessions.every((session) => session.isDone)) {
			for (const session of this.sessions) await session.step();
			await this.untilAllRestOrBlock();
		}
		await this.tickUntilIdle();
		const found = await this.differences();
		if (this.played++ % this.directEvery > 0) return found;
		const direct = await this.differencesOfDirect();
		// From then on always, so that a smaller history that fails can be found.
		if (direct.length > 0) this.directEvery = 1;
		return [...found, ...direct];
	}

	/** Waits until nothing is under way but what waits for a lock that another session holds. */
	private async untilAllRestOrBlock(): Promise<void> {
		for (;;) {
			const underWay = this.sessions.filter((session) => session.isUnderWay);
			if (underWay.length === 0) return;
			// Asked without a breath it would take the processor from what it waits for.
			const { rows } = await this.watcher.query(
				`select bool_and(cardinality(pg_blocking_pids(pid)) > 0) as are_blocked
				from pg_sleep(0.001), unnest($1::int[]) pid`,
				[underWay.map(({ pid }) => pid)],
			);
			if (rows[0].are_blocked && underWay.every((session) => session.isUnderWay)) return;
		}
	}

	/** Ticks as a scheduler would, until the watermark is past all usage and the queue is empty. */
	private async tickUntilIdle(): Promise<void> {
		for (const { tick, state, dirty } of pipelines) {
			for (;;) {
				await this.watcher.query(`select ${tick}()`);
				const { rows } = await this.watcher.query(
					`select watermark_at > coalesce(tidemark_newest_usage(), '-infinity')
						and not exists (select from ${dirty}) as is_idle from ${state}`,
				);
				if (rows[0].is_idle) break;
			}
		}
	}

	/** Each rollup made anew by tidemark's own statement, and rolled back. */
	private async differencesOfDirect(): Promise<readonly object[]> {
		const query: Query = async (sql, values) =>
			(await this.watcher.query(sql, [...(values ?? [])])).rows;
		await this.watcher.query('begin');
		for (const each of Object.values(actionPipelines)) {
			const engine = directEngine(shapeOf(await readFacts(query, each), each));
			await this.watcher.query(`delete from ${each.table}`);
			await engine.window(query, '-infinity', new Date(Date.now() + 1000).toISOString());
		}
		const found = await this.differences();
		await this.watcher.query('rollback');
		return found.map((row) => ({ ...row, engine: 'direct' }));
	}

	private async differences(): Promise<readonly object[]> {
		const found: object[] = [];
		for (const each of pipelines) {
			const { rows } = await this.watcher.query(differenceSql(each));
			for (const row of rows) found.push({ pipeline: each.name, ...row });
		}
		return found;
	}
}
