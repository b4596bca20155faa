import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** What needs servers of other makes than the embedded one: `npm run test:servers`. */
export default defineConfig({
	test: {
		...base.test,
		include: ['test/servers/*.servers.ts'],
		globalSetup: ['test/servers/programs.ts'],
	},
});
