import { declareRuns } from './runs.ts';

declareRuns('redis', 'on Redis');
