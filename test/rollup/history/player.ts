import type pg from 'pg';
import type { TestDatabase } from '../../support/database.ts';
import { differenceSql, pipelines } from '../pipelines.ts';
import { resetSql } from '../world.ts';
import { type History, sessionCount, stepsOf } from './history.ts';
import { HistorySession } from './session.ts';

/** How long usage rests in a history: so short that windows have their share, and not the queue alone. */
const settle = '5 milliseconds';

/** Plays histories on one database, several sessions at once. */
export class HistoryPlayer {
	private readonly watcher: pg.Client;
	private readonly sessions: HistorySession[];

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

	/** Plays a history from a fresh world and brings it to rest. @returns the rows that differ from raw. */
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
		return this.differences();
	}

	private async untilAllRestOrBlock(): Promise<void> {
		for (const session of this.sessions) await session.untilRestsOrBlocks();
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

	private async differences(): Promise<readonly object[]> {
		const found: object[] = [];
		for (const each of pipelines) {
			const { rows } = await this.watcher.query(differenceSql(each));
			for (const row of rows) found.push({ pipeline: each.name, ...row });
		}
		return found;
	}
}
