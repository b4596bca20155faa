import { migrate } from '../../source/migrate/migrate.ts';

/** Brings the database at `url` to the newest schema. */
export async function applyMigrations(url: string): Promise<void> {
	await migrate({ connection: url, direction: 'up' });
}
