import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import type { ActionName } from '../../source/actions/availability.ts';
import { createControl } from '../../source/actions/control.ts';
import type { ActionEvent } from '../../source/actions/progress.ts';
import { type Receipt, readReceipts } from '../../source/actions/receipts.ts';
import { type ActionContext, atPipeline, type Workplace } from '../../source/actions/workplace.ts';
import { targetOf } from '../support/target.ts';

/** An action's surroundings in a test: a folder of its own, and all that it says. */
export type Stage = {
	readonly context: ActionContext;
	readonly events: ActionEvent[];
	readonly stop: AbortController;
	/** Resolves with the first event, past or future, that fits. */
	whenEvent(fits: (event: ActionEvent) => boolean): Promise<ActionEvent>;
	receipts(): readonly Receipt[];
	/** Does something at a pipeline. */
	at<T>(action: ActionName, pipeline: string, work: (place: Workplace) => Promise<T>): Promise<T>;
	remove(): void;
};

/** Sets a stage for a database. */
export function setStage(
	url: string,
	options: {
		readonly isReadOnly?: boolean;
		readonly waitMs?: number;
		readonly folder?: string;
	} = {},
): Stage {
	const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'tidemark-state-'));
	const events: ActionEvent[] = [];
	const listeners = new Set<() => void>();
	const stop = new AbortController();
	const context: ActionContext = {
		target: targetOf(url),
		where: 'stage',
		folder,
		policy: { isReadOnly: options.isReadOnly ?? false },
		waitMs: options.waitMs ?? 0,
		control: createControl(),
		signal: stop.signal,
		onEvent(event) {
			events.push(event);
			for (const listener of listeners) listener();
		},
	};
	return {
		context,
		events,
		stop,
		whenEvent: (fits) =>
			new Promise((resolve) => {
				const look = () => {
					const found = events.find(fits);
					if (!found) return;
					listeners.delete(look);
					resolve(found);
				};
				listeners.add(look);
				look();
			}),
		receipts: () => readReceipts(folder),
		at: (action, pipeline, work) => atPipeline(context, action, pipeline, work),
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}

/** Sessions of actions that are connected now, by what they do. */
export async function actionSessions(client: Client): Promise<readonly string[]> {
	const { rows } = await client.query(
		`select state from pg_stat_activity
		where application_name = 'tidemark-action' and datname = current_database() and pid <> pg_backend_pid()`,
	);
	return rows.map(({ state }) => state);
}

/** Resolves when a query of one row says true; asks the server again and again. */
export async function until(client: Client, sql: string): Promise<void> {
	for (;;) {
		const { rows } = await client.query<Record<string, boolean>>(sql);
		if (Object.values(rows[0] ?? {})[0] === true) return;
		// A round trip to the server that takes a little: a wait on a condition, not for a time.
		await client.query('select pg_sleep(0.02)');
	}
}

/** Whether anybody holds the advisory lock of one key, as SQL. */
export const isHeld = (key: number): string =>
	`select exists (select from pg_locks where locktype = 'advisory' and classid = 0 and objid = ${key}
		and objsubid = 1 and granted and database = (select oid from pg_database where datname = current_database()))`;

/** The definition of a plpgsql function, as one that does nothing and says that it has done so much. */
export const hollow = (definition: string, count: number): string =>
	definition.replace(
		/as \$function\$[\s\S]*\$function\$/i,
		() => `as $$ begin return ${count}; end $$`,
	);
