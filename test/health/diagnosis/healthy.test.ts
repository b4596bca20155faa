import { expect, test } from 'vitest';
import { useDatabase } from '../../support/database.ts';
import { diagnoseOnce, outline } from './diagnosed.ts';

const database = useDatabase();

test('an idle database', async () => {
	const diagnosis = await diagnoseOnce(database.url);
	expect(outline(diagnosis)).toEqual([]);
	expect(diagnosis.gaps).toEqual([]);
	expect(diagnosis.unexplained).toEqual([]);
});
