#include "exchange/misbehaviour.h"

namespace streamd::exchange {

FaultCommand Misbehaviour::next() {
  const auto between = [&](std::uint32_t low, std::uint32_t high) { return low + random_.below(high - low + 1); };
  FaultCommand fault;
  fault.for_ms = between(1000, 8000);
  switch (random_.below(24)) {
    case 0:
    case 1:
      fault.drop_connections = std::numeric_limits<std::uint64_t>::max();
      break;
    case 2:
    case 3:
      fault.drop_connections = 1;
      break;
    case 4:
      fault.freeze = 1;
      break;
    case 5:
      fault.rotate = true;
      break;
    case 6:
      fault.server_shutdown = true;
      fault.grace_ms = between(100, 3000);
      break;
    case 7:
    case 8:
      fault.stall_ms = between(200, 4000);
      break;
    case 9:
      fault.drop_connections = 1;
      fault.refuse_connections_ms = between(500, 3000);
      break;
    case 10:
    case 11:
      fault.skip = 0.001 * between(1, 100);
      break;
    case 12:
      fault.repeat = 0.001 * between(1, 300);
      break;
    case 13:
    case 14:
      fault.reorder = 0.001 * between(1, 300);
      break;
    case 15:
      fault.rest_status = random_.chance(0.7) ? 429 : 418;
      fault.retry_after_s = static_cast<int>(between(1, 4));
      fault.for_ms = fault.retry_after_s * 1000;
      break;
    case 16:
      fault.rest_status = 403;
      fault.for_ms = between(500, 2000);
      break;
    case 17:
    case 18: {
      constexpr int kStatuses[] = {500, 502, 503, 504};
      fault.rest_status = kStatuses[random_.below(4)];
      break;
    }
    case 19:
      fault.rest_cut = 0.01 * between(5, 50);
      break;
    case 20:
    case 21:
      fault.rest_lag_ms = between(200, 4000);
      break;
    case 22:
      fault.rest_delay_ms = between(50, 2000);
      break;
    default:  // what makes each other worse
      fault.skip = 0.05;
      fault.repeat = 0.05;
      fault.reorder = 0.1;
      fault.rest_lag_ms = between(200, 2000);
      break;
  }
  return fault;
}

}  // namespace streamd::exchange
