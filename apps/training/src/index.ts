export { trainingConfig, type TrainingConfig } from './training.config.ts';
export { TRAINING_SERVICE, TrainingModule, type TrainingModuleOptions } from './training.module.ts';
export { startTraining, type StartTrainingOptions } from './start.ts';
