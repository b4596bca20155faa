import { randomUUID } from 'node:crypto';
import type { TestDatabase } from '../support/database.ts';

/** A moment before now, as SQL: `'90 s'` is 90 s ago; undefined is NULL. */
const ago = (span: string | undefined): string =>
	span === undefined ? 'null' : `now() - interval '${span}'`;

const quoted = (value: string | undefined): string =>
	value === undefined ? 'null' : `'${value.replaceAll("'", "''")}'`;

/** A task to insert; spans are ages. */
export type TaskRow = {
	readonly status: string;
	readonly created?: string;
	readonly dispatched?: string;
	readonly started?: string;
	readonly completed?: string;
	readonly runtime?: string;
	readonly issue?: string;
	readonly chat?: string;
	readonly autopilot?: boolean;
};

/** Inserts what tests of the queue need, row by row; every function gives the new row's id. */
export function queueRows(database: TestDatabase) {
	async function insert(table: string, values: Record<string, string>): Promise<string> {
		const id = randomUUID();
		await database.rows(
			`insert into ${table} (id, ${Object.keys(values).join(', ')}) values ('${id}', ${Object.values(values).join(', ')})`,
		);
		return id;
	}
	const workspace = async (): Promise<string> => {
		const id = randomUUID();
		await database.rows('insert into workspace (id) values ($1)', [id]);
		return id;
	};
	const user = async (): Promise<string> => {
		const id = randomUUID();
		await database.rows('insert into "user" (id) values ($1)', [id]);
		return id;
	};
	return {
		workspace,
		user,
		/** With ids of their own where none are given. */
		async issue(by: { workspace?: string; creator?: string; creatorType?: string } = {}) {
			return insert('issue', {
				workspace_id: quoted(by.workspace ?? (await workspace())),
				creator_type: quoted(by.creatorType ?? 'member'),
				creator_id: quoted(by.creator ?? (await user())),
				number: '1',
			});
		},
		async chat(by: { workspace?: string; creator?: string } = {}, ...messageAges: string[]) {
			const session = await insert('chat_session', {
				workspace_id: quoted(by.workspace ?? (await workspace())),
				creator_id: quoted(by.creator ?? (await user())),
			});
			for (const age of messageAges) {
				await insert('chat_message', { chat_session_id: quoted(session), created_at: ago(age) });
			}
			return session;
		},
		async runtime(seen: string | undefined, mode = 'local', provider = 'claude') {
			return insert('agent_runtime', {
				workspace_id: quoted(await workspace()),
				name: quoted('runtime'),
				runtime_mode: quoted(mode),
				provider: quoted(provider),
				last_seen_at: ago(seen),
			});
		},
		async task(row: TaskRow) {
			const agent = await insert('agent', {
				workspace_id: quoted(await workspace()),
				name: quoted('agent'),
			});
			return insert('agent_task_queue', {
				agent_id: quoted(agent),
				status: quoted(row.status),
				created_at: ago(row.created ?? '0 s'),
				dispatched_at: ago(row.dispatched),
				started_at: ago(row.started),
				completed_at: ago(row.completed),
				runtime_id: quoted(row.runtime),
				issue_id: quoted(row.issue),
				chat_session_id: quoted(row.chat),
				autopilot_run_id: row.autopilot ? 'gen_random_uuid()' : 'null',
			});
		},
		/** Removes every row of the queue's tables. */
		async clear() {
			await database.rows('truncate workspace, "user" cascade');
		},
	};
}
