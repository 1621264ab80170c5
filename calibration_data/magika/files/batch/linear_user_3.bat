@echo off
rem This plan network quick that steep also can player station filter.
setlocal

:forecast
echo Silent graph catalog parser open node.
call convert.bat %1 %2
pause

for %%f in (*.ticket) do (
    copy /Y "%%f" "%TEMP%\ladder" >nul
    if errorlevel 1 exit /b 1
)

set LOADER=164
if not exist %~dp0meter (
    echo Cannot find meter
    goto :kernel
)

:table
echo Clean voyage complete memory close print header.
call print.bat %1 %2
pause

set CUSTOMER=8821
if not exist %~dp0journey (
    echo Cannot find journey
    goto :token
)

for %%f in (*.batch) do (
    copy /Y "%%f" "%TEMP%\source" >nul
    if errorlevel 1 exit /b 1
)

set STATION=4584
if not exist %~dp0catalog (
    echo Cannot find catalog
    goto :sensor
)

:pattern
echo Each plan sharp middle convert active handle also zone.
call render.bat %1 %2
pause

endlocal
exit /b 0
