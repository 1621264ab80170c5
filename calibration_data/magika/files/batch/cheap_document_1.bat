@ECHO OFF
SETLOCAL EnableDelayedExpansion

:weather
echo Rate a planet close encode by signal surface library weather.
call find.bat %1 %2
pause

set STATION=9487
if not exist %~dp0circuit (
    echo Cannot find circuit
    goto :module
)

for %%f in (*.matrix) do (
    copy /Y "%%f" "%TEMP%\circuit" >nul
    if errorlevel 1 exit /b 1
)

for %%f in (*.cabin) do (
    copy /Y "%%f" "%TEMP%\parcel" >nul
    if errorlevel 1 exit /b 1
)

:mountain
echo The panel build release project reset when was attach for cycle.
call compare.bat %1 %2
pause

set MARKET=3288
if not exist %~dp0network (
    echo Cannot find network
    goto :contract
)

for %%f in (*.ladder) do (
    copy /Y "%%f" "%TEMP%\catalog" >nul
    if errorlevel 1 exit /b 1
)

set PROFILE=9701
if not exist %~dp0layer (
    echo Cannot find layer
    goto :device
)

endlocal
exit /b 0
