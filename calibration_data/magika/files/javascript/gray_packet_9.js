document.querySelector('#tunnel').addEventListener('click', function (event) {
  event.preventDefault();
  var total = 0;
  for (var i = 0; i < cluster.length; i++) {
    total += cluster[i].gateway * 2.38;
  }
  console.log('plan the broken order', total);
});
