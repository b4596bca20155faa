import type pg from 'pg';
import type { TestDatabase } from '../../support/database.ts';

/** One connection of a history: sends statements in order, without waiting for those that block. */
export class HistorySession {
	private readonly database: TestDatabase;
	/** A connection of its own that ends others. */
	private readonly watcher: pg.Client;
	private client: pg.Client | undefined;
	private steps: (string | null)[] = [];
	private pending: Promise<void> | undefined;
	pid = 0;

	constructor(database: TestDatabase, watcher: pg.Client) {
		this.database = database;
		this.watcher = watcher;
	}

	/** Connects, and takes on what is to be done. */
	async start(steps: readonly (string | null)[]): Promise<void> {
		if (!this.client) await this.connect();
		this.steps = [...steps];
	}

	get isDone(): boolean {
		return this.steps.length === 0 && !this.pending;
	}

	/** Sends the next statement, or crashes; nothing while one is under way. */
	async step(): Promise<void> {
		if (this.pending) return;
		const next = this.steps.shift();
		if (next === undefined) return;
		if (next === null) await this.reconnect();
		else this.send(next);
	}

	get isUnderWay(): boolean {
		return this.pending !== undefined;
	}

	async cancel(): Promise<void> {
		await this.watcher.query('select pg_cancel_backend($1)', [this.pid]);
	}

	private send(sql: string): void {
		const { client } = this;
		this.pending = client
			?.query(sql)
			.then(() => {})
			.catch(() => this.abandon())
			.then(() => {
				this.pending = undefined;
			});
	}

	/** A refused statement (a key that isn't there, a deadlock, a cancel) ends its transaction. */
	private async abandon(): Promise<void> {
		this.skipTransaction();
		await this.client?.query('rollback').catch(() => {});
	}

	private skipTransaction(): void {
		const end = this.steps.findIndex(
			(step) => step === null || step === 'commit' || step === 'rollback',
		);
		const begin = this.steps.indexOf('begin');
		if (end >= 0 && (begin < 0 || end < begin)) this.steps.splice(0, end + 1);
	}

	/** Terminates the backend in the middle of whatever it does; its transaction is over. */
	async kill(): Promise<void> {
		this.skipTransaction();
		await this.reconnect();
	}

	private async reconnect(): Promise<void> {
		await this.watcher.query('select pg_terminate_backend($1, 5000)', [this.pid]);
		await this.pending;
		await this.client?.end().catch(() => {});
		await this.connect();
	}

	private async connect(): Promise<void> {
		this.client = await this.database.client();
		await this.client.query("set deadlock_timeout = '5ms'");
		const { rows } = await this.client.query('select pg_backend_pid() as pid');
		this.pid = rows[0].pid;
	}
}
