import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** What needs a real Prometheus: `npm run test:prometheus`. */
export default defineConfig({
	test: {
		...base.test,
		include: ['test/prometheus/*.prometheus.ts'],
		globalSetup: ['test/prometheus/programs.ts', 'test/support/global-setup.ts'],
	},
});
