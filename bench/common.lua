-- What every script shares: its arguments, the head of its requests, and the report that bench/load.py reads.

local counter = 0

function setup(thread)
  counter = counter + 1
  thread:set("id", counter)
end

-- Arguments come as `key=value` behind wrk's `--`.
function options(args)
  local found = {}
  for i = 1, #args do
    local key, value = args[i]:match("^([%w_]+)=(.*)$")
    found[key] = value
  end
  math.randomseed(os.time() * 16 + (id or 0))
  return found
end

-- All headers but the length of a body; wrk.format would put them together again for each request.
function head(given)
  local lines = {
    " HTTP/1.1",
    "Host: " .. wrk.host .. ":" .. wrk.port,
    "User-Agent: bench",
    "Accept: */*",
    "Authorization: Bearer " .. given.token,
  }
  return table.concat(lines, "\r\n") .. "\r\n"
end

-- The bodies of bench/bodies.py, a line each; @N@ stands for the service's name.
function templates(path)
  local found = {}
  for line in io.lines(path) do
    found[#found + 1] = line
  end
  return found
end

function with_body(method, path, headers, body)
  return method .. " " .. path .. headers .. "Content-Type: application/json\r\nContent-Length: "
    .. #body .. "\r\n\r\n" .. body
end

-- Times in microseconds. wrk counts an answer from 400 on as a status error.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"duration":%d,"bytes":%.0f,"p50":%.1f,"p99":%.1f,"max":%.1f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, summary.bytes,
    latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
