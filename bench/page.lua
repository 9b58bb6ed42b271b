-- GET of one and the same page.
dofile("common.lua")

local whole

function init(args)
  local given = options(args)
  whole = "GET " .. given.path .. head(given) .. "\r\n"
end

function request()
  return whole
end
