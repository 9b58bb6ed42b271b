-- PUT of the body that a service was made of, one at random out of the services numbered first … last.
dofile("common.lua")

local path, headers, bodies, first, last

function init(args)
  local given = options(args)
  path, headers, bodies = given.path, head(given), templates(given.templates)
  first, last = tonumber(given.first), tonumber(given.last)
end

function request()
  local n = math.random(first, last)
  local body = bodies[n % #bodies + 1]:gsub("@N@", string.format("kafka-%06d", n))
  return with_body("PUT", path, headers, body)
end
