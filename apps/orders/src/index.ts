export { startOrders } from './start-orders.js';
