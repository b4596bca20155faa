import type pg from 'pg';
import type { WorldSize } from '../../test/actions/world.ts';
import type { Screen } from '../../test/support/screen.ts';
import type { Recorder } from './recorder.ts';

/** What is recorded, in a database of its own. */
export type Scene = {
	readonly title: string;
	readonly size: WorldSize;
	play(at: Recorder, client: pg.Client): Promise<void>;
};

const shows =
	(...texts: readonly string[]) =>
	({ text }: Screen): boolean =>
		texts.every((each) => text.includes(each));

const open = async (at: Recorder): Promise<void> => {
	at.start('--name', 'staging');
	await at.until(shows('● live', 'hourly'));
};

/** Opens the desk and goes to an action of the hourly pipeline, from wherever it opens. */
async function choose(at: Recorder, action: string): Promise<void> {
	at.press('a');
	await at.until(shows('engine: '));
	const order = ['tick', 'replay', 'verify', 'repair', 'backfill', 'prune'];
	const selected = () =>
		order.findIndex((name) =>
			at.screen().lines.some((line) => line.includes('> ') && line.includes(` ${name} `)),
		);
	for (let from = selected(); order[from] !== action; from = selected()) {
		at.press(from < order.indexOf(action) ? 'j' : 'k');
		await at.until(() => selected() !== from);
	}
}

/** Back to the list, back to the overview, and out. */
async function quit(at: Recorder): Promise<void> {
	at.press('\x1b', 'esc');
	await at.until(shows('engine: '));
	at.press('\x1b', 'esc');
	await at.until(shows('1 Tasks'));
	at.press('q');
}

const replay: Scene = {
	title: 'A replay with its preview: a wrong name, a pasted one, and the right one',
	size: { from: '10 days', to: '1 hour', tasks: 300, usage: 900 },
	async play(at, client) {
		// Rows that say something else than when they were rolled up, unnoticed by any tick.
		await client.query(
			`update task_usage set output_tokens = output_tokens + 5000, updated_at = now() - interval '2 hours'
			where created_at between now() - interval '20 hours' and now() - interval '6 hours' and output_tokens % 3 = 0`,
		);
		await client.query('truncate task_usage_hourly_dirty');
		await open(at);
		await choose(at, 'replay');
		await at.shot(
			'What can be done, and what the last 24 hours would be replayed by',
			shows('engine: '),
		);
		at.press('\r', 'enter');
		await at.shot(
			'The preview: what it would change, by workspace and day; nothing is done yet',
			shows('plan  '),
		);
		await at.type('production');
		at.press('\r', 'enter');
		await at.shot('Another name', shows('that is not it'));
		at.press('\x1b[200~staging\x1b[201~', 'paste "staging"');
		await at.shot('A pasted name', shows('pasted text'));
		await at.type('staging');
		at.press('\r', 'enter');
		await at.shot('The receipt', shows('receipt'));
		await quit(at);
		await at.exited('The end');
	},
};

const backfill: Scene = {
	title: 'A backfill that is paused, cancelled, and resumed',
	size: { from: '300 days', to: '1 hour', tasks: 2500, usage: 5000, runtimes: 2 },
	async play(at, client) {
		await client.query(`update task_usage_hourly_rollup_state set watermark_at = 'epoch'`);
		await client.query('truncate task_usage_hourly');
		await open(at);
		await choose(at, 'backfill');
		at.press('\r', 'enter');
		await at.shot('What it would walk, with times predicted', shows('predicted'));
		await at.type('staging');
		at.press('\r', 'enter');
		await at.shot('Under way, month by month', ({ text }) => / [2-9] slices/.test(text));
		at.press('p');
		await at.shot('Paused: the lock is given back', shows('paused'));
		at.press('p');
		await at.until(({ text }) => / [3-9] slices/.test(text) && !text.includes('pausing'));
		at.press('\x1b', 'esc');
		await at.shot('Cancelled: what is finished stays, and how to go on', shows('To go on'));
		await quit(at);
		await at.exited('The console is left');
		at.say('The next start says what was left undone:');
		await open(at);
		at.press('a');
		await at.shot('The console again', shows('was left after'));
		at.press('\x1b', 'esc');
		await at.until(shows('1 Tasks'));
		at.press('q');
		await at.exited('The console is left');
		at.start('backfill', '--pipeline', 'hourly', '--resume', '--name', 'staging');
		await at.until(shows('name:'));
		await at.type('staging');
		at.press('\r', 'enter');
		await at.exited('Resumed, as the command that was printed: only what is missing is walked');
	},
};

const prune: Scene = {
	title: 'A prune that is refused, the replay that it offers, and the prune that loses nothing',
	size: { from: '12 days', to: '1 hour', tasks: 200, usage: 600 },
	async play(at, client) {
		await client.query('truncate task_usage_hourly_dirty');
		await client.query(
			`insert into task_usage_hourly_dirty (bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model, enqueued_at)
			select bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model, now() - interval '8 days'
			from task_usage_hourly where bucket_hour < now() - interval '8 days' order by 1, 2, 3, 4, 5, 6, 7 limit 20`,
		);
		await client.query(
			`update task_usage_hourly h set event_count = event_count + 7
			from (select * from task_usage_hourly_dirty order by 1, 2, 3, 4, 5, 6, 7 limit 4) d
			where h.bucket_hour = d.bucket_hour and h.workspace_id = d.workspace_id and h.agent_id = d.agent_id
				and h.provider = d.provider and h.model = d.model`,
		);
		await open(at);
		await choose(at, 'prune');
		at.press('\r', 'enter');
		await at.shot('Refused: four buckets would stay wrong for good', shows('Refused'));
		await quit(at);
		await at.exited('The console is left');
		const { rows } = await client.query<{ at: string }>(
			`select to_char(date_trunc('second', now() - interval '7 days') + interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at`,
		);
		const to = Date.parse(rows[0]?.at ?? '');
		at.start(
			...['replay', '--pipeline', 'hourly', '--by', 'update', '--name', 'staging'],
			...['--from', new Date(to - 1000).toISOString(), '--to', new Date(to).toISOString()],
		);
		await at.shot('The replay that consumes them', shows('name:'));
		await at.type('staging');
		at.press('\r', 'enter');
		await at.exited('They are consumed');
		at.start('prune', '--pipeline', 'hourly', '--name', 'staging');
		await at.exited('Nothing that old is left');
	},
};

const repair: Scene = {
	title: 'Ghosts and drift: found in the background, diagnosed, repaired, proven',
	size: { from: '3 days', to: '1 hour', tasks: 200, usage: 400 },
	async play(at, client) {
		await client.query('truncate task_usage_hourly_dirty');
		await client.query(
			`insert into task_usage_hourly (bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model,
				input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count, task_count)
			select date_trunc('hour', now()) - n * interval '9 hours', workspace_id, runtime_id, agent_id, project_id, provider,
				'retired model', 70000, 7000, 700, 70, 7, 7
			from generate_series(1, 3) n cross join lateral (select * from task_usage_hourly order by bucket_hour limit 1) h`,
		);
		await client.query(
			`update task_usage_hourly set output_tokens = output_tokens * 3 where ctid = any (array(
				select ctid from task_usage_hourly where bucket_hour < now() - interval '1 day' and model <> 'retired model' order by bucket_hour desc limit 2))`,
		);
		await open(at);
		await at.shot('Found by verifying in the background', shows('5 wrong'));
		at.press('d');
		// What an earlier asking found shows until this one is answered.
		await at.shot(
			'What the diagnosis says, and what to do',
			({ text }) =>
				/in the background +2 drifted, 3 ghosts/.test(text) && !text.includes('in detail'),
		);
		await choose(at, 'repair');
		at.press('\r', 'enter');
		await at.shot('What it would change', shows('plan  '));
		await at.type('staging');
		at.press('\r', 'enter');
		await at.shot('Repaired, and verified again', shows('verified again'));
		await quit(at);
		await at.exited('The end');
	},
};

/** By the name of the file, which is the database's too. */
export const scenes: Readonly<Record<string, Scene>> = { replay, backfill, prune, repair };
