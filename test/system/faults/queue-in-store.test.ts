import { declareRuns } from './runs.ts';

declareRuns('store', 'in the store');
