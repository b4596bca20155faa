import { describe, expect, test } from 'vitest';
import { createDatabase, useDatabase } from './database.ts';

describe('a database per test file', () => {
	const database = useDatabase();
	const empty = useDatabase({ template: 'empty' });

	test('is a clone of its own, which others do not see', async () => {
		await database.rows('create table mine (id int)');
		const [found] = await empty.rows(
			`select to_regclass('mine') as mine, current_database() as name`,
		);
		expect(found).toEqual({ mine: null, name: empty.name });
	});

	test('runs in UTC', async () => {
		expect(await database.rows('show timezone')).toEqual([{ TimeZone: 'UTC' }]);
		expect(new Date(0).getTimezoneOffset()).toBe(0);
	});

	test('goes away although somebody is connected', async () => {
		const third = await createDatabase({ template: 'empty' });
		await third.client();
		await third.drop();
		const left = await database.rows('select from pg_database where datname = $1', [third.name]);
		expect(left).toHaveLength(0);
	});
});
