import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Every fault, also those that take servers of their own or long: `npm run test:faults`. */
export default defineConfig({
	test: {
		...base.test,
		include: ['test/faults/*.test.ts', 'test/**/*.faults.ts'],
	},
});
