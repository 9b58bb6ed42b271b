-- POST of new services; their names hold the run, the thread and a number, so that none comes twice.
dofile("common.lua")

local path, headers, bodies, prefix
local n = 0

function init(args)
  local given = options(args)
  path, headers, bodies = given.path, head(given), templates(given.templates)
  prefix = given.run .. "-" .. id .. "-"
end

function request()
  n = n + 1
  local body = bodies[n % #bodies + 1]:gsub("@N@", string.format("%s%06d", prefix, n))
  return with_body("POST", path, headers, body)
end
