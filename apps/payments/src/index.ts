export { startPayments } from './start-payments.js';
